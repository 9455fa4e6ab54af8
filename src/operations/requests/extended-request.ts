// What extended operations share: the request, and the check of a value where there is none.

import { LdapError } from '../../ldap/ldap-error.ts';
import type { Request } from '../../ldap/message.ts';

export type ExtendedRequest = Extract<Request, { type: 'extendedRequest' }>;

/** An empty value is none: some clients send one. Throws protocolError. @param what the operation, to begin a sentence. */
export function requireNoValue({ value }: ExtendedRequest, what: string): void {
  if (value !== undefined && value !== '') throw new LdapError('protocolError', `${what} takes no value.`);
}

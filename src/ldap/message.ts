// LDAP messages (RFC 4511 §4.1.1) as plain values: the codec reads requests into them and writes responses from them, and
// the reverse for a client.

import type { Modification } from './change.ts';
import type { Control } from './control.ts';
import type { Attribute, Entry } from './entry.ts';
import type { Filter } from './filter.ts';

export const SearchScope = { baseObject: 0, singleLevel: 1, wholeSubtree: 2, subordinates: 3 } as const;
export type SearchScope = (typeof SearchScope)[keyof typeof SearchScope];

export interface BindRequest {
  readonly type: 'bindRequest';
  readonly version: number;
  readonly name: string;
  readonly authentication:
    | { readonly type: 'simple'; readonly password: string }
    | { readonly type: 'sasl'; readonly mechanism: string; readonly credentials: string | undefined };
}

export interface SearchRequest {
  readonly type: 'searchRequest';
  /** As written, and not parsed here: the look-up of names remembers parsed texts. */
  readonly base: string;
  readonly scope: SearchScope;
  /** 0 never, 1 in searching, 2 finding the base, 3 always: accepted, and without effect while there are no aliases. */
  readonly derefAliases: number;
  readonly sizeLimit: number;
  /** Seconds. */
  readonly timeLimit: number;
  readonly typesOnly: boolean;
  readonly filter: Filter;
  readonly attributes: readonly string[];
}

export interface CompareRequest {
  readonly type: 'compareRequest';
  readonly dn: string;
  readonly attribute: string;
  readonly value: string;
}

export type Request =
  | BindRequest
  | { readonly type: 'unbindRequest' }
  | SearchRequest
  | { readonly type: 'modifyRequest'; readonly dn: string; readonly modifications: readonly Modification[] }
  | { readonly type: 'addRequest'; readonly dn: string; readonly attributes: readonly Attribute[] }
  | { readonly type: 'deleteRequest'; readonly dn: string }
  | {
      readonly type: 'modifyDnRequest';
      readonly dn: string;
      readonly newRdn: string;
      readonly deleteOldRdn: boolean;
      readonly newSuperior: string | undefined;
    }
  | CompareRequest
  | { readonly type: 'abandonRequest'; readonly messageId: number }
  | { readonly type: 'extendedRequest'; readonly oid: string; readonly value: string | undefined };

/** The fields every LDAPResult has (RFC 4511 §4.1.9). */
export interface LdapResult {
  readonly code: number;
  readonly matchedDn: string;
  readonly diagnosticMessage: string;
  readonly referrals: readonly string[] | undefined;
}

export type ResultType =
  | 'bindResponse'
  | 'searchResultDone'
  | 'modifyResponse'
  | 'addResponse'
  | 'deleteResponse'
  | 'modifyDnResponse'
  | 'compareResponse'
  | 'extendedResponse';

export type Response =
  | ({ readonly type: Exclude<ResultType, 'bindResponse' | 'extendedResponse'> } & LdapResult)
  | ({ readonly type: 'bindResponse'; readonly serverSaslCredentials: string | undefined } & LdapResult)
  | ({
      readonly type: 'extendedResponse';
      readonly oid: string | undefined;
      readonly value: string | undefined;
    } & LdapResult)
  | { readonly type: 'searchResultEntry'; readonly entry: Entry }
  | { readonly type: 'searchResultReference'; readonly uris: readonly string[] }
  | {
      readonly type: 'intermediateResponse';
      readonly oid: string | undefined;
      readonly value: string | undefined;
    };

export interface Message<Operation> {
  readonly id: number;
  readonly operation: Operation;
  readonly controls: readonly Control[];
}

export type RequestMessage = Message<Request>;
export type ResponseMessage = Message<Response>;

/** The response type that ends an operation: the compiler refuses an answer of another type. */
export const RESULT_TYPE = {
  bindRequest: 'bindResponse',
  searchRequest: 'searchResultDone',
  modifyRequest: 'modifyResponse',
  addRequest: 'addResponse',
  deleteRequest: 'deleteResponse',
  modifyDnRequest: 'modifyDnResponse',
  compareRequest: 'compareResponse',
  extendedRequest: 'extendedResponse',
} as const satisfies Partial<Record<Request['type'], ResultType>>;

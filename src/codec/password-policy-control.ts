// The value of the password policy response control (draft-behera-ldap-password-policy §6.2).

import { writeValue } from './control-value.ts';

const Tag = { sequence: 0x30, error: 0x81 } as const;

/** Errors of the control. */
export const PolicyError = { accountLocked: 1 } as const;

/** Returns the value; without an error there is nothing to say. */
export function writePasswordPolicyResponse(error: number | undefined): string {
  return writeValue((writer) => {
    const start = writer.begin(Tag.sequence);
    if (error !== undefined) writer.integer(error, Tag.error);
    writer.end(start);
  });
}

// The value of the password policy response control (draft-behera-ldap-password-policy §6.2).

import { writeValue } from './control-value.ts';

const Tag = {
  sequence: 0x30,
  warning: 0xa0,
  timeBeforeExpiration: 0x80,
  graceLogins: 0x81,
  error: 0x81,
} as const;

export interface PasswordPolicyResponse {
  /** Seconds until the password expires. */
  readonly expiresInSeconds?: number | undefined;
  /** Logins that are left with the expired password; it goes before the seconds, which it excludes. */
  readonly graceLogins?: number | undefined;
  readonly error?: number | undefined;
}

/** Returns the value; it is empty if there is nothing to say. */
export function writePasswordPolicyResponse({
  expiresInSeconds,
  graceLogins,
  error,
}: PasswordPolicyResponse): string {
  return writeValue((writer) => {
    const start = writer.begin(Tag.sequence);
    if (graceLogins !== undefined || expiresInSeconds !== undefined) {
      const warning = writer.begin(Tag.warning);
      if (graceLogins !== undefined) writer.integer(graceLogins, Tag.graceLogins);
      else if (expiresInSeconds !== undefined) writer.integer(expiresInSeconds, Tag.timeBeforeExpiration);
      writer.end(warning);
    }
    if (error !== undefined) writer.integer(error, Tag.error);
    writer.end(start);
  });
}

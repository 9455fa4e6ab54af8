// What is wrong with an entry, as data. issue.ts makes sentences of it.

import type { ResultCodeName } from './result-code.ts';

export interface Issue {
  readonly code: ResultCodeName;
  /** The entry, as its DN is written. */
  readonly dn: string;
  /** The property (`smtp-server`) or, where there is none, the attribute. */
  readonly property?: string;
  /** The value received; `***` for a secret. */
  readonly received?: string;
  /** The problem, to be read after entry, property and value: `is not a port`. */
  readonly problem: string;
  /** True if the only problem is a missing file that the value names. */
  readonly isFileMissing?: boolean;
  /** The error of the password policy control (draft-behera-ldap-password-policy §6.2). */
  readonly policyError?: number;
  /** Allowed values or what to do: a sentence, ending with a full stop. */
  readonly advice?: string;
}

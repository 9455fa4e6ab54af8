// Cases for the rule about limits that depend on each other.

import { code, type RuleCase } from './rule-case.ts';

export const limitCases: readonly RuleCase[] = [
  {
    rule: 'limits that depend on each other',
    what: 'limits that are too large, or not the same',
    files: {
      'src/runtime/runtime.ts': code('export const PREPARE_MS_MAX = 60_000;'),
      'src/files/file-reader.ts': code('const DEADLINE_MS = 2 * 60_000;'),
      'src/trust/store-reader.ts': code('const OPEN_MS_MAX = 30_000;'),
      'src/config/types/dn-pattern.ts': code('const RDNS_MAX = 2 ** 6;'),
      'src/ldap/dn.ts': code('export const RDNS_MAX: number = 65;'),
    },
    expected: [
      'src/config/types/dn-pattern.ts:1 RDNS_MAX 64 is not = RDNS_MAX 65 of src/ldap/dn.ts: a pattern can be as deep as a DN',
      'src/files/file-reader.ts:1 DEADLINE_MS 120000 is not < PREPARE_MS_MAX 60000 of src/runtime/runtime.ts: ' +
        'the change is refused with the reason, not with the limit of all its steps',
    ],
  },
];

// The lockout of accounts that no password policy locks.

import { AccountLockout } from '../../src/operations/login/account-lockout.ts';

export function withoutLockout(): AccountLockout {
  return new AccountLockout({
    states: { size: 0, find: () => undefined, set: () => {} },
    findPolicy: () => undefined,
    entryOf: () => undefined,
    now: () => new Date(0),
    noticed: () => {},
  });
}

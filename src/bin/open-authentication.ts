// Who may log in, with everything that needs: the accounts, the memory of failed logins, and the made-up salts.

import { setTimeout } from 'node:timers/promises';
import type { Configuration } from '../backend/configuration.ts';
import type { Accounts } from '../runtime/accounts.ts';
import { Authentication } from '../server/authentication.ts';
import { LoginThrottle, type ThrottleOptions } from '../server/login-throttle.ts';
import { ADMINISTRATOR_DN } from './administrator.ts';

export function openAuthentication(
  accounts: Accounts,
  { schema, tree }: Configuration,
  refused: ThrottleOptions['refused'] & {},
): Authentication {
  const keyOf = (dn: string) => schema.dnKeyOfText(dn);
  return new Authentication({
    accounts,
    keyOf,
    throttle: new LoginThrottle({
      now: () => performance.now(),
      refused,
      sleep: (ms) => setTimeout(ms, undefined, { ref: false }),
    }),
    administratorKey: keyOf(ADMINISTRATOR_DN),
    // Made at the first start and never changed; whoever may read it may read the names of the accounts too.
    saltSecret: tree.find(keyOf('cn=config'))?.first('entryuuid') ?? '',
  });
}

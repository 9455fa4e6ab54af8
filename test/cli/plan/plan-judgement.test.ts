// What is said of a plan that a server does not try because it is too large. Plans that are tried: plan.test.ts.

import { expect, it } from 'vitest';
import { RefusedByServer } from '../../../src/cli/command.ts';
import { judgePlan } from '../../../src/cli/files/plan-judgement.ts';
import { Dn } from '../../../src/ldap/dn.ts';
import { ResultCode } from '../../../src/ldap/result-code.ts';

it('a plan that is larger than a server tries at once is no wrong plan', async () => {
  const sentence = 'A transaction may have 10000 changes and 16777216 octets.';
  const tryAll = () => Promise.reject(new RefusedByServer(sentence, ResultCode.adminLimitExceeded));
  const change = { type: 'delete', dn: Dn.parse('cn=A,cn=Mail Servers,cn=config') } as const;
  const plan = [{ change, before: undefined, after: undefined, assertion: undefined }];
  const { problems, unknown } = await judgePlan({ tryAll }, plan);
  expect(problems).toEqual([]);
  expect(unknown).toBe(`${sentence} Make the changes in parts, or stop the server and use --offline.`);
});

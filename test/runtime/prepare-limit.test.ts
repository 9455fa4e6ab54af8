// What a change needs must be ready in time; what comes too late is given back.

import { expect, it } from 'vitest';
import { LdapError } from '../../src/ldap/ldap-error.ts';
import type { Prepared } from '../../src/runtime/component.ts';
import { Runtime } from '../../src/runtime/runtime.ts';

it('a component that is never ready refuses the change, and what was ready is given back', async () => {
  const late = Promise.withResolvers<Prepared>();
  const events: string[] = [];
  const one = (name: string): Prepared => ({
    commit: () => events.push(`${name} committed`),
    abort: () => events.push(`${name} aborted`),
  });
  const difference = {
    key: 'cn=a',
    kinds: { before: undefined, after: 'branch' },
    before: undefined,
    after: undefined,
    written: undefined,
    mentions: () => false,
  } as const;
  const component = (prepare: () => Promise<Prepared>) => ({
    renamed: () => undefined,
    kind: 'branch',
    prepare,
    describe: async () => [],
  });
  const runtime = new Runtime([component(async () => one('first')), component(() => late.promise)], {
    prepareMsMax: 20,
    filesRead: () => ['/mnt/store.p12'],
  });
  const error = await Promise.resolve(runtime.prepare([difference])).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(LdapError);
  expect(String(error)).toContain(
    'was not ready within 0.02 seconds, and nothing has changed. It waits for /mnt/store.p12.',
  );
  expect(events).toEqual(['first aborted']);
  late.resolve(one('second'));
  await late.promise;
  await Promise.resolve();
  expect(events).toEqual(['first aborted', 'second aborted']);
});

// Whether the server is well: what is enabled must run, and what is under way must come back. Asked over LDAP and HTTP, of
// a real server whose parts are made to fail.

import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { StepsUnderWay } from '../../src/backend/steps-under-way.ts';
import { Authority } from '../support/certificates.ts';
import { LdapTools } from '../support/ldap-tools.ts';
import { startServer } from '../support/start-server.ts';

async function health(
  tools: LdapTools,
): Promise<{ readonly readyz: string; readonly errors: readonly string[]; readonly metrics: string }> {
  const [handler] = await tools.entries('cn=HTTP,cn=connection handlers,cn=monitor', '-s', 'base');
  const url = handler?.first('ds-mon-listen-address');
  const [shown] = await tools.entries(
    'cn=health status,cn=monitor',
    '-s',
    'base',
    '(objectClass=*)',
    '*',
    '+',
  );
  const ready = await fetch(new URL('/readyz', url));
  const metrics = await fetch(new URL('/metrics', url));
  return {
    readyz: `${ready.status} ${await ready.text()}`,
    errors: shown?.values('ds-mon-healthy-errors') ?? [],
    metrics: await metrics.text(),
  };
}

describe('a listener whose TLS has no key any more', () => {
  it('is told by /readyz, cn=monitor, a metric and an alert; and no more when it has one', async () => {
    const environment = { HTTP_ENABLED: 'true', HTTP_PORT: '0' };
    const first = await startServer({ environment });
    await first.stop();
    const key = join(first.folder, 'config/keys/server.pem');
    await rm(key);
    const server = await startServer({ folder: first.folder, environment });
    const tools = new LdapTools(server);
    await server.waitForLog(({ alert }) => alert === 'confdit.NotRunning');
    const ill = await health(tools);
    expect(ill.readyz).toMatch(/^503 cn=LDAPS?,cn=Connection Handlers,cn=config is enabled and does not run/);
    expect(ill.errors.join()).toContain(
      'cn=LDAPS,cn=Connection Handlers,cn=config is enabled and does not run',
    );
    expect(ill.metrics).toContain('confdit_not_running_count 2');
    await writeFile(key, await pemOf());
    await expect.poll(async () => (await health(tools)).readyz).toBe('200 ok\n');
  });
});

describe('steps that are under way', () => {
  it('are known with their time until they end, also when they fail', async () => {
    let nowMs = 0;
    const steps = new StepsUnderWay(() => nowMs);
    const [one, two] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const first = steps.during('the first', () => one.promise);
    nowMs = 5;
    const second = steps.during('the second', () => two.promise);
    nowMs = 20;
    expect(steps.longest).toEqual({ what: 'the first', ms: 20 });
    one.reject(new Error('no'));
    await expect(first).rejects.toThrow('no');
    expect(steps.longest).toEqual({ what: 'the second', ms: 15 });
    two.resolve();
    await second;
    expect(steps.longest).toBeUndefined();
  });
});

async function pemOf(): Promise<string> {
  const authority = await Authority.create();
  try {
    return (await authority.issue()).pem;
  } finally {
    await authority.remove();
  }
}

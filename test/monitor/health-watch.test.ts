// Whether the server is well: what is enabled must run, and what is under way must come back. Asked over LDAP and HTTP, of
// a real server whose parts are made to fail.

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { WorkUnderWay } from '../../src/configuration/write/work-under-way.ts';
import { addRequest, changeKinds, modifyRequest } from '../support/ber-bytes.ts';
import { Authority } from '../support/certificates.ts';
import { confditFor } from '../support/confdit-program.ts';
import { DiskFault } from '../support/disk/disk-fault.ts';
import { hangingDisk } from '../support/disk/hanging-disk.ts';
import { removeFolder } from '../support/folders.ts';
import { LdapTools } from '../support/ldap-tools.ts';
import { RawClient } from '../support/raw-client.ts';
import { ADMINISTRATOR, type RunningServer, startServer } from '../support/start-server.ts';

async function health(
  server: RunningServer,
): Promise<{ readonly readyz: string; readonly errors: readonly string[]; readonly metrics: string }> {
  const tools = new LdapTools(server);
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
  const headers = { Authorization: `Basic ${btoa(`${ADMINISTRATOR}:${server.password}`)}` };
  const ready = await fetch(new URL('/readyz', url), { headers });
  const anonymous = await fetch(new URL('/readyz', url));
  expect(await anonymous.text(), 'without a login').toMatch(
    /^(?:ok|The server does not do all of its work\. Its log and cn=monitor say why[^\n]*)\n$/,
  );
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
    await server.waitForLog(({ alert }) => alert === 'confdit.NotRunning');
    const ill = await health(server);
    expect(ill.readyz).toMatch(/^503 cn=LDAPS?,cn=Connection Handlers,cn=config is enabled and does not run/);
    expect(ill.errors.join()).toContain(
      'cn=LDAPS,cn=Connection Handlers,cn=config is enabled and does not run',
    );
    expect(ill.metrics).toContain('confdit_not_running_count 2');
    await writeFile(key, await pemOf());
    await expect.poll(async () => (await health(server)).readyz).toBe('200 ok\n');
  });
});

describe('a disk that does not come back', () => {
  it('is told while a change waits for it, and no more when the change is stored', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'confdit-health-'));
    onTestFinished(() => removeFolder(folder));
    const disk = new DiskFault(folder);
    const environment = { HTTP_ENABLED: 'true', HTTP_PORT: '0', ...disk.environment };
    const server = await startServer({ environment });
    const client = await RawClient.bound(server);
    await disk.set({ code: 'WAIT', path: 'journal-', calls: ['write'] });
    const change = client.request(
      modifyRequest('cn=config', [[changeKinds.replace, 'ds-cfg-changelog-minimum-changes', ['900']]]),
    );
    await server.waitForLog(({ alert }) => alert === 'confdit.ChangesStuck');
    const ill = await health(server);
    const waits = /^For \d+ s changes have waited for the disk, and those behind it wait\.$/;
    expect([ill.readyz, ill.errors]).toEqual([
      expect.stringMatching(/^503 For \d+ s changes have waited for the disk/),
      [expect.stringMatching(waits)],
    ]);
    expect((await confditFor(server)('status')).stdout).toContain('changes have waited for the disk');
    await disk.clear();
    expect((await change).code).toBe(0);
    expect((await health(server)).readyz).toBe('200 ok\n');
    client.close();
  });
});

describe('a file system that does not answer', () => {
  it('is told with the file, as long as something waits for it', async () => {
    const folder = await hangingDisk();
    // Only root can mount one.
    if (folder === undefined) return;
    const path = join(folder, 'store.p12');
    const environment = { HTTP_ENABLED: 'true', HTTP_PORT: '0' };
    const server = await startServer({ environment });
    const client = await RawClient.bound(server);
    const refused = client.request(
      addRequest(`cn=Hanging,cn=Trust Manager Providers,cn=config`, [
        ['objectClass', ['ds-cfg-file-based-trust-manager-provider']],
        ['ds-cfg-enabled', ['true']],
        ['ds-cfg-trust-store-file', [path]],
        ['ds-cfg-trust-store-pin', ['pin']],
      ]),
    );
    await server.waitForLog(({ alert }) => alert === 'confdit.FileSystemStuck');
    await refused;
    const sentence = `The file system of ${path} does not answer; what needs the file is refused until it does.`;
    const ill = await health(server);
    expect([ill.readyz, ill.errors]).toEqual([`503 ${sentence}\n`, [sentence]]);
    client.close();
  });
});

describe('steps that are under way', () => {
  it('are known with their time until they end, also when they fail', async () => {
    let nowMs = 0;
    const steps = new WorkUnderWay(() => nowMs);
    const [one, two] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const first = steps.during('the first', one.promise);
    nowMs = 5;
    const second = steps.during('the second', two.promise);
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

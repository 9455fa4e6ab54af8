// An instance as one file: taken while clients write, verified on its way back, and never half in place.

import { mkdtemp, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { makeBackup } from '../../src/instance/backup.ts';
import { restoreBackup, verifyBackup } from '../../src/instance/restore.ts';
import { addRequest, scopes, searchRequest } from '../support/ber-bytes.ts';
import { runConfdit } from '../support/confdit-program.ts';
import { removeFolder } from '../support/folders.ts';
import { LdapTools, runProgram } from '../support/ldap-tools.ts';
import { RawClient } from '../support/raw-client.ts';
import { startServer } from '../support/start-server.ts';

const CONTAINER = 'cn=Mail Servers,cn=config';

async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'confdit-backup-'));
  onTestFinished(() => removeFolder(folder));
  return folder;
}

function add(name: string): Buffer {
  return addRequest(`cn=${name},${CONTAINER}`, [
    ['objectClass', ['ds-cfg-mail-server']],
    ['ds-cfg-enabled', ['true']],
    ['ds-cfg-smtp-server', ['mail.example.com']],
  ]);
}

describe('a backup', () => {
  it('taken while clients write has every change that was acknowledged before, and no half one', async () => {
    const server = await startServer();
    const clients = await Promise.all(Array.from({ length: 4 }, () => RawClient.bound(server)));
    const acknowledged = new Set<string>();
    let isOver = false;
    const writers = clients.map(async (client, index) => {
      for (let count = 0; !isOver; count++) {
        const { code, text } = await client.request(add(`W${index} ${count}`));
        if (code !== 0) throw new Error(text);
        acknowledged.add(`W${index} ${count}`);
      }
    });
    const folder = await temporaryFolder();
    for (let round = 1; round <= 3; round++) {
      const before = [...acknowledged];
      const { octets } = await makeBackup(server.folder, new Date());
      const instance = join(folder, `instance-${round}`);
      const masterKey = join(server.folder, 'config', 'keys', 'master.key');
      expect((await restoreBackup([octets], { instance, now: new Date(), masterKey })).aside).toBe(undefined);
      const copy = await startServer({ folder: instance });
      const client = await RawClient.bound(copy);
      const found = await client.request(searchRequest(CONTAINER, { scope: scopes.one }));
      const names = new Set(found.entries.map(({ dn }) => /^cn=([^,]*)/.exec(dn)?.[1]));
      expect(before.filter((name) => !names.has(name))).toEqual([]);
      client.close();
      await copy.stop();
    }
    isOver = true;
    await Promise.all(writers);
    for (const client of clients) client.close();
  });

  it('that is damaged anywhere is refused', async () => {
    const server = await startServer();
    await server.stop();
    const { octets } = await makeBackup(server.folder, new Date());
    await verifyBackup([octets]);
    // The tenth octet of gzip's own header says what system made it, and means nothing.
    for (let at = 10; at < octets.length; at += Math.ceil(octets.length / 40)) {
      const damaged = Buffer.from(octets);
      damaged[at] = (damaged[at] ?? 0) ^ 0x10;
      await expect(verifyBackup([damaged]), `octet ${at}`).rejects.toThrow(/damaged|no backup/);
    }
    for (const length of [0, 10, octets.length >> 1, octets.length - 1])
      await expect(verifyBackup([octets.subarray(0, length)])).rejects.toThrow(/damaged|no backup/);
  });

  it('from the command line is a tar archive for its owner, and comes back where no server runs', async () => {
    const server = await startServer();
    const file = join(await temporaryFolder(), 'backup.tar.gz');
    const environment = { CONFDIT_INSTANCE: server.folder };
    const made = await runConfdit(['backup', file], { environment });
    expect(made.stdout, made.stderr).toMatch(/backup\.tar\.gz: \d+ files, through change 1\.\n$/);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect((await runConfdit(['backup', file], { environment })).stderr).toContain('cannot be written');
    const listed = await runProgram('tar', ['-tzf', file]);
    expect(listed.stdout.split('\n')).toContain('config/config.ldif');
    const whole = await runConfdit(['restore', '--verify-only', file], { environment });
    expect(whole.stdout).toContain('is whole');
    expect((await new LdapTools(server).add(addLdif('After'))).code).toBe(0);
    const refused = await runConfdit(['restore', file], { environment });
    expect([refused.code, refused.stderr]).toEqual([
      2,
      expect.stringContaining('is in use by another server'),
    ]);
    await server.stop();
    const done = await runConfdit(['restore', file], { environment });
    expect(done.code, done.stderr).toBe(0);
    const aside = /^What was there before is in (.*)$/m.exec(done.stdout)?.[1] ?? '';
    expect(await readdir(aside)).toContain('config');
    onTestFinished(() => removeFolder(aside));
    const again = await startServer({ folder: server.folder });
    expect(await new LdapTools(again).entries(CONTAINER, '-s', 'one')).toEqual([]);
  });
});

describe('check and repair', () => {
  it('say what is wrong with an instance, and do it', async () => {
    const server = await startServer();
    const environment = { CONFDIT_INSTANCE: server.folder, LDAP_PORT: '1389' };
    expect((await runConfdit(['check'], { environment })).stderr).toContain('is in use by another server');
    for (const name of ['One', 'Two']) expect((await new LdapTools(server).add(addLdif(name))).code).toBe(0);
    await server.stop();
    const whole = await runConfdit(['check'], { environment });
    expect([whole.code, whole.stdout]).toEqual([0, expect.stringContaining('the journal through change 3')]);
    const path = join(server.folder, 'config', 'journal', 'journal-000000000001.ldif');
    await writeFile(path, (await readFile(path, 'latin1')).replace('cn=Two', 'cn=Tvo'), 'latin1');
    const wrong = await runConfdit(['check'], { environment });
    expect([wrong.code, wrong.stdout]).toEqual([
      1,
      expect.stringContaining(`Change 3 in ${path} is damaged`),
    ]);
    expect((await runConfdit(['repair'], { environment })).stderr).toContain('give --no-prompt');
    const repaired = await runConfdit(['repair', '--yes'], { environment });
    expect([repaired.code, repaired.stdout]).toEqual([
      0,
      expect.stringContaining('What was taken away is in'),
    ]);
    const again = await startServer({ folder: server.folder });
    const [only, ...others] = await new LdapTools(again).entries(CONTAINER, '-s', 'one');
    expect([only?.dn.name, others]).toEqual(['One', []]);
  });

  it('name what is wrong with the configuration itself', async () => {
    const server = await startServer({ environment: { MAIL_HOST: 'mail.example.com' } });
    expect((await new LdapTools(server).add(addLdif('One', '$<mail.host>'))).code).toBe(0);
    await server.stop();
    const { code, stdout } = await runConfdit(['check', '--instance', server.folder]);
    expect([code, stdout]).toEqual([1, expect.stringContaining('MAIL_HOST')]);
  });
});

function addLdif(name: string, host = 'mail.example.com'): string {
  return `dn: cn=${name},${CONTAINER}\nobjectClass: ds-cfg-mail-server\ncn: ${name}\nds-cfg-enabled: true\nds-cfg-smtp-server: ${host}\n`;
}

// `confdit import-ldif` and `export-ldif`: into an instance whose server is down, and into one that
// runs. What is wrong is told with file and line, and nothing is changed then.

import { access, mkdir, mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { accountDn, accountLdif } from '../support/accounts.ts';
import { confditFor, runConfdit, runHere } from '../support/confdit-program.ts';
import { removeFolder } from '../support/folders.ts';
import { LdapTools } from '../support/ldap-tools.ts';
import { RawClient } from '../support/raw-client.ts';
import { type RunningServer, startServer } from '../support/start-server.ts';

const CONTAINER = 'cn=Mail Servers,cn=config';

let folder: string;
let fileCount = 0;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'confdit-import-'));
});
afterAll(() => removeFolder(folder));

async function fileOf(text: string | Buffer): Promise<string> {
  fileCount += 1;
  const path = join(folder, `file-${fileCount}.ldif`);
  await writeFile(path, text);
  return path;
}

function mailServer(name: string, lines: readonly string[] = []): string {
  const own = [`smtp-server: ${name.toLowerCase()}.example.com:587`, 'enabled: true'].filter(
    (line) => !lines.some((other) => other.startsWith(line.split(':', 1)[0] ?? '')),
  );
  const properties = [...own, ...lines].map((line) => `ds-cfg-${line}\n`).join('');
  return `dn: cn=${name},${CONTAINER}\nobjectClass: ds-cfg-mail-server\ncn: ${name}\n${properties}\n`;
}

/** What a server that is started on an instance has below a name. */
async function entriesOf(server: RunningServer, filter: string, ...attributes: string[]): Promise<string> {
  const { code, stdout, stderr } = await new LdapTools(server).search(CONTAINER, filter, ...attributes);
  expect(code, stderr).toBe(0);
  return stdout;
}

/** In an instance that nobody has started yet. */
function offline(instance: string, ...words: string[]) {
  return runHere(['import-ldif', '--offline', '--instance', instance, ...words]);
}

describe('an import into an instance whose server is down', () => {
  it('makes the entries that a server would have made of them, as one change', async () => {
    const instance = join(folder, 'whole');
    const many = Array.from({ length: 50 }, (_, index) => mailServer(`Mail ${index}`.replace(' ', '-')));
    // Entries alike and not: a reference, a list, another order, base64, a folded line, an escaped name, a password.
    const others = [
      mailServer('Trusting', [
        'trust-manager-provider: cn=Imported Trust,cn=Trust Manager Providers,cn=config',
      ]),
      mailServer('Listed', [
        'smtp-property: mail.smtp.timeout=5000',
        'smtp-property: mail.smtp.localhost=a.example.com',
      ]),
      `dn: cn=A\\, B,${CONTAINER}\nds-cfg-enabled:: dHJ1ZQ==\nds-cfg-smtp-server: a.exam\n ple.com\nobjectClass: top\nobjectClass: ds-cfg-mail-server\n\n`,
      'dn: cn=Imported Trust,cn=Trust Manager Providers,cn=config\nobjectClass: ds-cfg-blind-trust-manager-provider\ncn: Imported Trust\nds-cfg-enabled: true\n\n',
      `${accountLdif('imported', { password: 'an imported password' })}\n`,
    ];
    const text = ['version: 1\r\n\r\n', ...many, ...others].join('');
    const done = await runConfdit(['import-ldif', '--offline', '--instance', instance, await fileOf(text)]);
    expect(done).toMatchObject({
      code: 0,
      stdout: '55 changes made, as change 1 of the history; no problems.\n',
    });
    const imported = await startServer({ folder: instance });
    const added = await startServer();
    const tools = await new LdapTools(added).add([...others.toReversed(), ...many].join(''));
    expect(tools.code, tools.stderr).toBe(0);
    const said = async (server: RunningServer) =>
      (await entriesOf(server, '(objectClass=*)', '*', 'structuralObjectClass')).split('\n\n').toSorted();
    expect(await said(imported)).toEqual(await said(added));
    const found = await entriesOf(
      imported,
      '(ds-cfg-smtp-server=mail-7.example.com:587)',
      'creatorsName',
      'entryUUID',
    );
    expect(found).toMatch(/^creatorsName: cn=Offline Import$/m);
    const client = await RawClient.bound(imported, accountDn('imported'), 'an imported password');
    client.close();
    expect(await imported.stop()).toEqual({ code: 0, signal: null });
  });

  it('tells every problem with its line, and changes nothing', async () => {
    const instance = join(folder, 'wrong');
    const text = [
      mailServer('Good'), // 1–6
      mailServer('Port', ['smtp-server: mail.example.com:70000']), // 7–12
      `dn: cn=Colon,${CONTAINER}\nno colon\n\n`, // 13–15
      mailServer('Twice'), // 16–21
      mailServer('twice'), // 22–27
      mailServer('Lost', ['trust-manager-provider: cn=Nobody,cn=Trust Manager Providers,cn=config']), // 28–34
      `dn: cn=Deep,cn=Nowhere,cn=config\nobjectClass: ds-cfg-branch\ncn: Deep\n\n`, // 35–38
      `dn: ${CONTAINER}\nchangetype: modrdn\nnewrdn: cn=Better\ndeleteoldrdn: 1\n\n`, // 39
    ].join('');
    const file = await fileOf(text);
    const refused = await offline(instance, file);
    expect(refused).toMatchObject({
      code: 2,
      stdout: expect.stringMatching(/^Nothing was changed: 6 problems\. With --replace-existing, /),
    });
    const places = refused.stderr.split('\n').filter((line) => line.startsWith(`${file}:`));
    expect(places.map((line) => Number(line.slice(file.length + 1).split(':', 1)[0]))).toEqual([
      7, 14, 22, 28, 35, 39,
    ]);
    expect(places[0]).toContain('smtp-server "mail.example.com:70000"');
    const server = await startServer({ folder: instance });
    expect(await entriesOf(server, '(objectClass=ds-cfg-mail-server)')).not.toContain('dn:');
    await server.stop();
    const partly = await offline(instance, '--continue', file);
    expect(partly.stdout).toMatch(/^2 changes made, as change \d+ of the history; 6 problems\.\n$/);
    expect(partly.code).toBe(2);
    const again = await startServer({ folder: instance });
    const names = (await entriesOf(again, '(objectClass=ds-cfg-mail-server)', 'cn')).match(/^cn: .*$/gm);
    expect(names).toEqual(['cn: Good', 'cn: Twice']);
    await again.stop();
  });

  it('leaves nothing of an instance that it has made when nothing is imported, and keeps what was there', async () => {
    const right = await fileOf(mailServer('Right'));
    const wrong = await fileOf(mailServer('Wrong', ['smtp-server: a:0']));
    const parent = join(folder, 'not yet');
    for (const [code, ...words] of [
      [2, wrong],
      [2, '--continue', wrong],
      [0, '--dry-run', right],
      [2, join(folder, 'missing.ldif')],
    ] as const) {
      const done = await offline(join(parent, 'there'), ...words);
      expect(done.code, done.stderr).toBe(code);
      await expect(access(parent), words.join(' ')).rejects.toThrow();
    }
    const prepared = join(folder, 'prepared');
    const expressions = join(prepared, 'config', 'expressions');
    await mkdir(expressions, { recursive: true });
    await writeFile(join(expressions, 'a.json'), '{}');
    const before = (await readdir(prepared, { recursive: true })).toSorted();
    expect(await offline(prepared, wrong)).toMatchObject({ code: 2 });
    expect((await readdir(prepared, { recursive: true })).toSorted()).toEqual(before);
    expect(await offline(prepared, right)).toMatchObject({ code: 0 });
    const instance = (await readdir(prepared, { recursive: true })).toSorted();
    expect(instance).toContain('config/config.ldif');
    expect(await offline(prepared, wrong)).toMatchObject({ code: 2 });
    expect((await readdir(prepared, { recursive: true })).toSorted()).toEqual(instance);
  });

  it('does not make a change without the critical control it comes with', async () => {
    const assertion = 'control: 1.3.6.1.1.12 true\n';
    const change = `dn: cn=Asserted,${CONTAINER}\n${assertion}changetype: delete\n`;
    const file = await fileOf(`${mailServer('Asserted')}${change}`);
    const refused = await offline(join(folder, 'controls'), file);
    expect(refused).toMatchObject({ code: 2, stdout: 'Nothing was changed: 1 problem.\n' });
    expect(refused.stderr).toContain(
      `${file}:7: cn=Asserted,${CONTAINER}: the control 1.3.6.1.1.12 is critical`,
    );
  });

  it('leaves alike entries out too when the one they are like is wrong', async () => {
    const wrong = ['smtp-property: mail.smtp.port=none'];
    const file = await fileOf(['One', 'Two', 'Three'].map((name) => mailServer(name, wrong)).join(''));
    const partly = await offline(join(folder, 'alike'), '--continue', file);
    expect(partly).toMatchObject({ code: 2, stdout: 'Nothing was changed: 3 problems.\n' });
  });

  it('makes changes of every kind, takes values from files where it may, and only tries with --dry-run', async () => {
    const instance = join(folder, 'changes');
    const secret = await fileOf('from a file');
    const text =
      mailServer('Changed') +
      mailServer('Gone') +
      `dn: cn=Changed,${CONTAINER}\nchangetype: modify\nreplace: ds-cfg-auth-username\nds-cfg-auth-username:< file://${secret}\n-\n` +
      `replace: ds-cfg-auth-password\nds-cfg-auth-password: secret-1\n-\n\n` +
      `dn: cn=Gone,${CONTAINER}\nchangetype: delete\n`;
    const file = await fileOf(text);
    const refused = await offline(instance, file);
    expect(refused.code).toBe(2);
    expect(refused.stderr).toContain(`${file}:16: `);
    expect(refused.stderr).toContain('--allow-file-urls');
    const tried = await offline(instance, '--allow-file-urls', '--dry-run', file);
    expect(tried).toMatchObject({
      code: 0,
      stdout: '4 changes checked, no problems; nothing was changed.\n',
    });
    const done = await offline(instance, '--allow-file-urls', file);
    expect(done).toMatchObject({
      code: 0,
      stdout: '4 changes made, as change 1 of the history; no problems.\n',
    });
    const server = await startServer({ folder: instance });
    const found = await entriesOf(server, '(objectClass=ds-cfg-mail-server)', 'ds-cfg-auth-username', 'cn');
    expect(found.match(/^(?:cn|ds-cfg-auth-username): .*$/gm)).toEqual([
      'cn: Changed',
      'ds-cfg-auth-username: from a file',
    ]);
    const running = await offline(instance, file);
    expect(running.code).not.toBe(0);
    expect(running.stderr).toContain(String(server.pid));
    await server.stop();
  });

  it('is trusted at the next start only as far as nobody has touched it, and never for what the environment says', async () => {
    const instance = join(folder, 'trusted');
    const file = await fileOf(mailServer('Plain') + mailServer('Open', ['smtp-server: $<import.host>']));
    const environment = { IMPORT_HOST: 'mail.example.com' };
    const done = await runHere(['import-ldif', '--offline', '--instance', instance, file], {
      environment,
    });
    expect(done.code, done.stderr).toBe(0);
    const failed = await startServer({ folder: instance, expectFailure: true });
    expect(failed.stderr).toContain('cn=Open,cn=Mail Servers,cn=config: smtp-server');
    expect(failed.stderr).toContain('IMPORT_HOST');
    const path = join(instance, 'config', 'config.ldif');
    const snapshot = await readFile(path, 'utf8');
    expect(snapshot).toMatch(/^# confdit snapshot .* checked [0-9a-f]{32} encrypted [0-9a-f]{8} crc32 /);
    await writeFile(path, snapshot.replace('plain.example.com:587', 'plain.example.com:99999'));
    const edited = await startServer({ folder: instance, environment, expectFailure: true });
    expect(edited.stderr).toContain('99999');
    await writeFile(path, snapshot);
    const server = await startServer({ folder: instance, environment });
    expect(await entriesOf(server, '(cn=Open)', 'cn')).toContain('cn: Open');
    await server.stop();
  });
});

describe('an import into a running server', () => {
  let server: RunningServer;
  let confdit: ReturnType<typeof confditFor>;

  beforeAll(async () => {
    server = await startServer();
    confdit = confditFor(server);
  });

  it('sends changes of every kind in their order, and an export gives what it took', async () => {
    const many = Array.from({ length: 600 }, (_, index) => mailServer(`online-${index}`)).join('');
    const text =
      many +
      `dn: cn=online-0,${CONTAINER}\nchangetype: modify\nreplace: ds-cfg-enabled\nds-cfg-enabled: false\n-\n\n` +
      `dn: cn=online-1,${CONTAINER}\nchangetype: delete\n`;
    const done = await confdit('import-ldif', await fileOf(text));
    expect(done, done.stderr).toMatchObject({ code: 0, stdout: '602 changes made; no problems.\n' });
    const path = join(folder, 'export.ldif');
    const exported = await confdit(
      'export-ldif',
      '--baseDN',
      CONTAINER,
      '--filter',
      '(cn=online-*)',
      '--ldifFile',
      path,
    );
    expect(exported, exported.stderr).toMatchObject({
      code: 0,
      stdout: `599 entries written to ${path}.\n`,
    });
    const instance = join(folder, 'copy');
    const copied = await offline(instance, path);
    expect(copied, copied.stderr).toMatchObject({ code: 0 });
    const words = [
      'export-ldif',
      '--offline',
      '--instance',
      instance,
      '-b',
      CONTAINER,
      '--filter',
      '(cn=online-*)',
    ];
    const again = await runHere(words);
    expect(again.code, again.stderr).toBe(0);
    // Each file begins with the data key of its server.
    const entriesOf = (exportedText: string) => exportedText.trim().split('\n\n').slice(1).toSorted();
    expect(entriesOf(again.stdout)).toEqual(entriesOf(await readFile(path, 'utf8')));
  });

  it('tells what the server refuses with the line, and goes on only when asked to', async () => {
    const text =
      mailServer('First') +
      mailServer('Bad', ['smtp-server: a:0']) +
      mailServer('First') +
      mailServer('Last');
    const file = await fileOf(text);
    const tried = await confdit('import-ldif', '--dry-run', file);
    expect(tried.stderr).toContain(`${file}:7: `);
    expect(tried.stdout).toMatch(/nothing was changed\.\n$/);
    const partly = await confdit('import-ldif', '--continue', file);
    expect(partly.stdout).toBe('2 changes made; 2 problems.\n');
    expect(partly.stderr).toContain(`${file}:7: `);
    expect(partly.stderr).toContain(`${file}:13: `);
    expect(await entriesOf(server, '(cn=Last)', 'cn')).toContain('cn: Last');
    const broken = await fileOf(`${mailServer('Never')}dn: cn=x\nno colon\n`);
    const refused = await confdit('import-ldif', broken);
    expect(refused).toMatchObject({ code: 2, stdout: 'Nothing was changed: 1 problem.\n' });
    expect(await entriesOf(server, '(cn=Never)', 'cn')).not.toContain('dn:');
  });

  it('that is ended by a refusal says where, what was made, and what was not tried', async () => {
    const file = await fileOf(
      mailServer('Before') +
        mailServer('Wrong', ['smtp-server: a:0']) +
        Array.from({ length: 1000 }, (_, index) => mailServer(`After-${index}`)).join(''),
    );
    const { code, stdout, stderr } = await confdit('import-ldif', file);
    expect(code).toBe(2);
    expect(stderr).toContain(`${file}:7: `);
    const [, made, after, refused, notTried] =
      /^Stopped at .+:7\. (\d+) changes? made(?: \((\d+) of them after this line: .+\))?, (\d+) refused, (\d+) not tried\. To import the rest, /.exec(
        stdout,
      ) ?? [];
    expect(Number(made) + Number(refused) + Number(notTried)).toBe(1002);
    expect(Number(refused)).toBe(1);
    expect(Number(made) - Number(after ?? 0)).toBe(1);
    const found = await entriesOf(server, '(|(cn=Before)(cn=After*))', 'cn');
    expect(found.match(/^dn:/gm)).toHaveLength(Number(made));
  });

  it('leaves no file behind that is not whole', async () => {
    const path = join(folder, 'none.ldif');
    const refused = await confdit('export-ldif', '--baseDN', 'cn=Nowhere,cn=config', '--ldifFile', path);
    expect(refused.code).toBe(32);
    await expect(access(path)).rejects.toThrow();
    await expect(access(`${path}.part`)).rejects.toThrow();
  });
});

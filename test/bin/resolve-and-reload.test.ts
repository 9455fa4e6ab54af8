// `confdit resolve` and `confdit reload`, as an administrator or a pipeline types them.

import { mkdtemp, readdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { confditFor, runConfdit } from '../support/confdit-program.ts';
import { removeFolder } from '../support/folders.ts';
import { LdapTools } from '../support/ldap-tools.ts';
import { type RunningServer, startServer } from '../support/start-server.ts';

const CANARY = 'canary-of-the-pipeline';
const MAIL_SERVER = `dn: cn=New,cn=Mail Servers,cn=config
objectClass: ds-cfg-mail-server
cn: New
ds-cfg-enabled: true
ds-cfg-smtp-server: $<mail.host>
ds-cfg-auth-username: u
ds-cfg-auth-password: $<mail.password>
`;
const VALUES = { MAIL_HOST: 'smtp.example.com', MAIL_PASSWORD: CANARY };

let folder: string;
let file: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'confdit-resolve-'));
  file = join(folder, 'new.ldif');
  await writeFile(file, MAIL_SERVER);
});

afterAll(() => removeFolder(folder));

describe('confdit resolve with files', () => {
  const resolveFiles = (environment: Readonly<Record<string, string>>, ...words: string[]) =>
    runConfdit(['resolve', '--instance', join(folder, 'nothing'), ...words], { environment });

  it('prints what would be in force, where it comes from, and no secret', async () => {
    const { code, stdout, stderr } = await resolveFiles(VALUES, file);
    expect(code, stderr).toBe(0);
    const [entry = ''] = /^dn: cn=New,(?:.+\n)+/m.exec(stdout) ?? [];
    expect(entry).toContain('dn: cn=New,cn=Mail Servers,cn=effective\n');
    expect(entry).toContain('ds-cfg-smtp-server: smtp.example.com:587\n');
    expect(entry).toContain('ds-cfg-auth-password: ***\n');
    expect(entry).toContain('ds-cfg-value-origin: smtp-server: environment variable MAIL_HOST\n');
    expect(entry).toContain('ds-cfg-value-origin: auth-password: environment variable MAIL_PASSWORD\n');
    expect(entry).toContain('ds-cfg-value-origin: use-ssl: default\n');
    expect(stdout + stderr).not.toContain(CANARY);
  });

  it('lists every place that does not resolve, and fails', async () => {
    const { code, stdout, stderr } = await resolveFiles({}, file);
    expect(code).toBe(19);
    expect(stdout).toBe('');
    expect(stderr).toContain(
      'cn=New,cn=Mail Servers,cn=config: smtp-server "$<mail.host>" cannot be resolved',
    );
    expect(stderr).toContain(
      'cn=New,cn=Mail Servers,cn=config: auth-password "$<mail.password>" cannot be resolved',
    );
    expect(stderr).toContain('2 errors');
  });

  it('is not content with a folder in which there is nothing', async () => {
    const { code, stdout, stderr } = await resolveFiles(VALUES, '--offline');
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain('is no instance');
  });

  it('lists values that do not fit, and shows no secret', async () => {
    const { code, stderr } = await resolveFiles({ ...VALUES, MAIL_HOST: 'smtp.example.com:70000' }, file);
    expect(code).toBe(19);
    expect(stderr).toContain('resolves to "smtp.example.com:70000"');
    expect(stderr).not.toContain(CANARY);
  });

  it('says where in a file what is wrong', async () => {
    const wrong = join(folder, 'wrong.ldif');
    await writeFile(
      wrong,
      `${MAIL_SERVER}\ndn: cn=No Server,cn=Nowhere,cn=config\nobjectClass: ds-cfg-mail-server\ncn: No Server\n`,
    );
    const { code, stderr } = await resolveFiles(VALUES, wrong);
    expect(code).toBe(19);
    expect(stderr).toContain(`${wrong}:9: `);
    await writeFile(wrong, 'dn: cn=x\nno colon here\n');
    expect((await resolveFiles(VALUES, wrong)).code).toBe(2);
  });

  it('lets an entry of a file take the place of the one that is there', async () => {
    const instance = join(folder, 'instance');
    const run = (input: string, ...words: string[]) =>
      runConfdit([...words, '--instance', instance], { environment: VALUES, input });
    expect(await run('', 'init', '-Q')).toMatchObject({ code: 0 });
    expect(await run(MAIL_SERVER, 'apply', '-', '--offline', '-n')).toMatchObject({ code: 0, stderr: '' });
    const other = MAIL_SERVER.replace('$<mail.host>', '$<other.host>').replace(/ds-cfg-auth.*\n/g, '');
    const resolved = await run(other, 'resolve', '-', '--define', 'other.host=other.example.com');
    expect(resolved, resolved.stderr).toMatchObject({ code: 0, stderr: '' });
    const [entry = ''] = /^dn: cn=New,(?:.+\n)+/m.exec(resolved.stdout) ?? [];
    expect(entry).toContain('ds-cfg-smtp-server: other.example.com:587\n');
    expect(entry).not.toContain('auth-username');
    const twice = await run(`${other}\n${other}`, 'resolve', '-', '--define', 'other.host=x');
    expect(twice).toMatchObject({ code: 19, stderr: expect.stringContaining('-:7: ') });
    expect(twice.stderr).toContain('is in -:1 already.');
    await removeFolder(instance);
  });

  it('leaves nothing behind', async () => {
    expect((await readdir(folder)).toSorted()).toEqual(['new.ldif', 'wrong.ldif']);
  });
});

describe('with a server', () => {
  let server: RunningServer;
  let tools: LdapTools;

  beforeAll(async () => {
    server = await startServer({
      files: {
        'config/expressions/mail.json': JSON.stringify({
          mail: { host: 'one.example.com', password: CANARY },
        }),
      },
    });
    tools = new LdapTools(server);
    expect(await tools.modify(MAIL_SERVER.replace('\n', '\nchangetype: add\n'))).toMatchObject({ code: 0 });
  });

  it('resolve asks the server, and shows no secret to who may read them', async () => {
    const { code, stdout, stderr } = await confditFor(server)('resolve');
    expect(code, stderr).toBe(0);
    expect(stdout).toContain('ds-cfg-smtp-server: one.example.com:587\n');
    expect(stdout.replaceAll('\n ', '')).toContain(
      'ds-cfg-value-origin: smtp-server: file config/expressions/mail.json line 1 (mail.host)\n',
    );
    expect(stdout).toContain('ds-cfg-auth-password: ***\n');
    expect(stdout).not.toContain(CANARY);
  });

  it('resolve --offline reads the files of the server beside it, journal included', async () => {
    const environment = { LDAP_PORT: String(server.port) };
    const { code, stdout, stderr } = await runConfdit(['resolve', '--offline', '--instance', server.folder], {
      environment,
    });
    expect(code, stderr).toBe(0);
    expect(stdout).toContain('ds-cfg-smtp-server: one.example.com:587\n');
    expect(stdout).not.toContain(CANARY);
    expect(server.isRunning).toBe(true);
  });

  it('reload tells what has changed in force', async () => {
    const expressions = join(server.folder, 'config/expressions/mail.json');
    await writeFile(
      expressions,
      JSON.stringify({ mail: { host: 'two.example.com', password: `${CANARY}-2` } }),
    );
    const { code, stdout, stderr } = await confditFor(server)('reload');
    expect(code, stderr).toBe(0);
    expect(stdout).toContain(`smtp-server was 'one.example.com:587' and is 'two.example.com:587'.\n`);
    expect(stdout).toContain('auth-password has another value.\n');
    expect(stdout).not.toContain(CANARY);
    expect((await confditFor(server)('resolve')).stdout).toContain(
      'ds-cfg-smtp-server: two.example.com:587\n',
    );
  });

  it('reload lists every problem and fails when nothing was reloaded', async () => {
    const expressions = join(server.folder, 'config/expressions/mail.json');
    await writeFile(expressions, JSON.stringify({ mail: { host: 'no host at all' } }));
    const { code, stderr } = await confditFor(server)('reload');
    expect(code).toBe(19);
    expect(stderr).toContain("smtp-server '$<mail.host>' resolves to 'no host at all'");
    expect(stderr).toContain("auth-password '$<mail.password>' cannot be resolved");
    expect((await confditFor(server)('resolve')).stdout).toContain(
      'ds-cfg-smtp-server: two.example.com:587\n',
    );
  });
});

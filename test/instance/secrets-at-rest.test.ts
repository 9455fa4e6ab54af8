// Secrets in the files of an instance. Every secret property of every kind of object gets a canary, and after whatever
// happens to an instance each octet of its files is searched for it.

import { cp, mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { objectDefinitions } from '../../src/config/definitions.ts';
import type { ObjectDefinition } from '../../src/config/object-definition.ts';
import { bindRequest } from '../support/ber-bytes.ts';
import { confditFor, runHere } from '../support/confdit-program.ts';
import { removeFolder } from '../support/folders.ts';
import { LdapTools } from '../support/ldap-tools.ts';
import { RawClient } from '../support/raw-client.ts';
import { type RunningServer, startServer } from '../support/start-server.ts';
import { until } from '../support/until.ts';

/** What each canary begins with; the servers of the tests may not log it either. */
const CANARY = 'canary-';
/** Where a secret is allowed to be. */
const ALLOWED = /(?:^|\/)config\/(?:admin\.pin$|keys\/)/;
const PLAYED_BACK = '{AES256-GCM}';
const EDITED = 'cn=Edited,cn=Mail Servers,cn=config';
const MAIL = 'cn=Mail,cn=Mail Servers,cn=config';

/** Values of required properties: what a kind of object needs besides its secrets. */
const NEEDED: Readonly<Record<string, readonly string[]>> = {
  'file-based-key-manager-provider': ['ds-cfg-key-store-file: config/keys/none.p12'],
  'file-based-trust-manager-provider': ['ds-cfg-trust-store-file: config/keys/none.p12'],
  'ldap-trust-manager-provider': ['ds-cfg-base-dn: dc=certificates,dc=example'],
  'pkcs11-trust-manager-provider': [],
  'mail-server': ['ds-cfg-smtp-server: 127.0.0.1:9', 'ds-cfg-auth-username: sample-user'],
  'secret-source': ['ds-cfg-base-url: https://127.0.0.1:9/', 'ds-cfg-allowed-path: mail/**'],
  'root-dn-user': ['sn: A', 'ds-privilege-name: config-read'],
};

const USED = 'cn=Used,cn=Mail Servers,cn=config';
const USER = 'cn=With root-dn-user,cn=Root DNs,cn=config';
const LOCKING = 'cn=Locking,cn=Password Policies,cn=config';

let parent: string;
let folder: string;

beforeAll(async () => {
  parent = await mkdtemp(join(tmpdir(), 'confdit-secrets-'));
  folder = join(parent, 'instance');
});

afterAll(async () => {
  await removeFolder(parent);
});

/** The files below a folder that have one of the texts, in clear text, packed, or in base64 of LDIF. */
async function filesWith(texts: readonly string[], below = parent): Promise<readonly string[]> {
  const found: string[] = [];
  for (const file of await readdir(below, { recursive: true, withFileTypes: true })) {
    const path = join(file.parentPath, file.name);
    if (!file.isFile() || ALLOWED.test(path)) continue;
    const octets = await readFile(path);
    const isPacked = octets[0] === 0x1f && octets[1] === 0x8b;
    const text = (isPacked ? gunzipSync(octets) : octets).toString('latin1');
    const unfolded = text.replaceAll('\n ', '');
    const decoded = unfolded.matchAll(/:: ([A-Za-z0-9+/=]+)/g);
    const base64 = Array.from(decoded, ([, value = '']) => Buffer.from(value, 'base64').toString('latin1'));
    const all = [text, unfolded, ...base64];
    if (texts.some((one) => all.some((shown) => shown.includes(one)))) found.push(path);
  }
  return found;
}

interface Secret {
  readonly attribute: string;
  readonly value: string;
}

function secretsOf({ properties, kind }: ObjectDefinition): Secret[] {
  return properties.flatMap(({ attribute, type }): Secret[] => {
    if (type.mayHoldSecrets)
      return [
        { attribute, value: `mail.smtp.x-password=${CANARY}${kind}-mixed` },
        { attribute, value: `mail.smtp.x-token=$<absent.token|${CANARY}${kind}-default>` },
      ];
    return type.secret ? [{ attribute, value: `${CANARY}${kind}` }] : [];
  });
}

/** One entry of each kind that has secrets. */
function entriesWithSecrets(): { readonly dn: string; readonly ldif: string; readonly secrets: Secret[] }[] {
  return objectDefinitions.flatMap((definition: ObjectDefinition) => {
    const secrets = secretsOf(definition);
    const { kind, location, objectClass } = definition;
    if (secrets.length === 0 || !('under' in location)) return [];
    const needed = NEEDED[kind];
    if (needed === undefined) throw new Error(`The test does not know what a ${kind} needs.`);
    const dn = kind === 'mail-server' ? MAIL : `cn=With ${kind},${location.under}`;
    const isEnabled = definition.properties.some(({ name }) => name === 'enabled');
    const lines = [
      `dn: ${dn}`,
      'changetype: add',
      'objectClass: top',
      ...(kind === 'root-dn-user' ? ['objectClass: inetOrgPerson'] : []),
      `objectClass: ${objectClass.name}`,
      ...(isEnabled ? ['ds-cfg-enabled: false'] : []),
      ...needed,
      ...secrets.map(({ attribute, value }) => `${attribute}: ${value}`),
    ];
    return [{ dn, ldif: `${lines.join('\n')}\n`, secrets }];
  });
}

/** The values that an administrator sees. */
async function valuesOf(server: RunningServer, dn: string, attribute: string): Promise<readonly string[]> {
  const [entry] = await new LdapTools(server).entries(dn, '-s', 'base', '(objectClass=*)', attribute);
  return entry?.values(attribute.toLowerCase()) ?? [];
}

async function start(environment: Record<string, string> = {}): Promise<RunningServer> {
  return startServer({ folder, environment: { TMPDIR: parent, ...environment } });
}

describe('a secret', () => {
  let server: RunningServer;
  const tools = () => new LdapTools(server);
  const seen = (dn: string, attribute: string) => valuesOf(server, dn, attribute);
  const path = () => join(folder, 'config', 'config.ldif');

  it('of every property is in no file, also after changes and a crash, and keeps its value', async () => {
    server = await start();
    const all = entriesWithSecrets();
    expect(all.length).toBeGreaterThan(5);
    for (const { ldif } of all) {
      const added = await tools().modify(ldif);
      expect(added.code, added.stderr).toBe(0);
    }
    expect(await filesWith([CANARY])).toEqual([]);
    const asGiven = async () => {
      for (const { dn, secrets } of all)
        for (const { attribute, value } of secrets.filter((one) => one.attribute !== 'userPassword'))
          expect(await seen(dn, attribute), dn).toContain(value);
    };
    await asGiven();

    // Changes of every form, with a value to delete in one of them.
    const changed = await tools().modify(
      `dn: ${MAIL}\nchangetype: modify\nreplace: ds-cfg-auth-password\nds-cfg-auth-password: ${CANARY}second\n` +
        `-\ndelete: ds-cfg-auth-password\nds-cfg-auth-password: ${CANARY}second\n` +
        `-\nadd: ds-cfg-auth-password\nds-cfg-auth-password: ${CANARY}mail-server\n\n` +
        `dn: ${MAIL}\nchangetype: modrdn\nnewrdn: cn=Other\ndeleteoldrdn: 1\n\n` +
        `dn: cn=Other,cn=Mail Servers,cn=config\nchangetype: modrdn\nnewrdn: cn=Mail\ndeleteoldrdn: 1\n`,
    );
    expect(changed.code, changed.stderr).toBe(0);
    await server.kill();
    expect(await filesWith([CANARY])).toEqual([]);

    server = await start();
    await asGiven();
    await server.stop();
  });

  it('is taken in clear text from an edit by hand and from changes that wait, and is in no file then', async () => {
    const text = await readFile(path(), 'utf8');
    await writeFile(
      path(),
      `${text}\ndn: ${EDITED}\nobjectClass: top\nobjectClass: ds-cfg-mail-server\nds-cfg-enabled: false\n` +
        `ds-cfg-smtp-server: 127.0.0.1:9\nds-cfg-auth-username: a\nds-cfg-auth-password: ${CANARY}edited\n`,
    );
    await writeFile(
      join(folder, 'config', 'config-changes.ldif'),
      `dn: cn=With pkcs11-trust-manager-provider,cn=Trust Manager Providers,cn=config\nchangetype: modify\n` +
        `replace: ds-cfg-trust-store-pin\nds-cfg-trust-store-pin: ${CANARY}waiting\n`,
      { mode: 0o600 },
    );
    server = await start();
    expect(await seen(EDITED, 'ds-cfg-auth-password')).toEqual([`${CANARY}edited`]);
    expect(
      await seen(
        'cn=With pkcs11-trust-manager-provider,cn=Trust Manager Providers,cn=config',
        'ds-cfg-trust-store-pin',
      ),
    ).toEqual([`${CANARY}waiting`]);
    expect(await filesWith([CANARY])).toEqual([]);
  });

  it('is not taken from its encrypted form over LDAP', async () => {
    const file = await readFile(path(), 'utf8');
    const stored = /ds-cfg-auth-password: (\{AES256-GCM\}\S+)/.exec(file)?.[1] ?? '';
    expect(stored).toContain(PLAYED_BACK);
    const played = await tools().modify(
      `dn: ${MAIL}\nchangetype: modify\nreplace: ds-cfg-auth-password\nds-cfg-auth-password: ${stored}\n`,
    );
    expect(played.stderr).toContain('only encrypted values in the files of this server');
    expect(played.code).toBe(19);

    // Where no declaration says what an attribute means, it is the text that it is, also after a restart.
    const undeclared = await tools().modify(
      `dn: ${MAIL}\nchangetype: modify\nadd: objectClass\nobjectClass: extensibleObject\n-\n` +
        `add: ds-cfg-key-store-pin\nds-cfg-key-store-pin: ${stored}\n-\n` +
        `add: ds-cfg-trust-store-pin\nds-cfg-trust-store-pin: ${PLAYED_BACK}x\n`,
    );
    expect(undeclared.code, undeclared.stderr).toBe(0);
    await server.kill();
    server = await start();
    expect(await seen(MAIL, 'ds-cfg-key-store-pin')).toEqual([stored]);
    expect(await seen(MAIL, 'ds-cfg-trust-store-pin')).toEqual([`${PLAYED_BACK}x`]);
  });

  it('is in no file after backup, rollback and restore', async () => {
    const words = ['--instance', folder];
    const backup = join(parent, 'b.tar.gz');
    expect((await runHere(['backup', backup, ...words])).code).toBe(0);
    await server.stop();
    const back = await runHere(['rollback', '--to', '4', '--offline', '--no-prompt', ...words]);
    expect(back.code, back.stderr).toBe(0);
    expect(await filesWith([CANARY])).toEqual([]);
    const restored = await runHere(['restore', backup, ...words]);
    expect([restored.code, restored.stderr]).toEqual([0, '']);
    const checked = await runHere(['check', ...words]);
    expect([checked.code, checked.stdout]).toEqual([0, expect.stringContaining('is whole')]);
    server = await start();
    expect(await seen(EDITED, 'ds-cfg-auth-password')).toEqual([`${CANARY}edited`]);
    await server.stop();
    expect(await filesWith([CANARY])).toEqual([]);
  });

  it('is found by confdit check where somebody has left it in clear text', async () => {
    const left = join(folder, 'config', 'config.old.ldif');
    await writeFile(left, `dn: ${MAIL}\nds-cfg-auth-password: ${CANARY}left\n`, { mode: 0o600 });
    const { stdout, code } = await runHere(['check', '--instance', folder]);
    await removeFolder(left);
    expect(stdout).toContain(`${left} has a secret in clear text: ds-cfg-auth-password of ${MAIL}.`);
    expect(code).not.toBe(0);
  });

  it('in a comment of an edit by hand is found by confdit check, and is in no file after the next start', async () => {
    const text = await readFile(path(), 'utf8');
    const commented = `# dn: cn=Old,cn=Mail Servers,cn=config\n#ds-cfg-auth-password:: ${btoa(`${CANARY}comment`)}\n`;
    await writeFile(path(), text.replace('\ndn: ', `\n${commented}dn: `));
    const { stdout } = await runHere(['check', '--instance', folder]);
    expect(stdout).toContain(
      `${path()} has a secret in clear text: ds-cfg-auth-password of cn=Old,cn=Mail Servers,cn=config.`,
    );
    server = await start();
    await server.stop();
    expect(await filesWith([CANARY])).toEqual([]);
  });
});

describe('a secret of a mail server that is used', () => {
  it('is not in the spool, in the log or with failed logins, and in no file after a reload and a rotation', async () => {
    const server = await start();
    const used = await new LdapTools(server).modify(
      `dn: ${USED}\nchangetype: add\nobjectClass: ds-cfg-mail-server\nds-cfg-enabled: true\n` +
        `ds-cfg-smtp-server: 127.0.0.1:1\nds-cfg-use-start-tls: false\nds-cfg-auth-username: u\n` +
        `ds-cfg-auth-password: ${CANARY}used\n\n` +
        `dn: ${LOCKING}\nchangetype: add\nobjectClass: ds-cfg-password-policy\nds-cfg-lockout-failure-count: 2\n\n` +
        `dn: ${USER}\nchangetype: modify\nadd: ds-pwp-password-policy-dn\nds-pwp-password-policy-dn: ${LOCKING}\n\n` +
        'dn: cn=Mail,cn=Alert Handlers,cn=config\nchangetype: add\nobjectClass: ds-cfg-alert-handler\n' +
        'objectClass: ds-cfg-smtp-alert-handler\nds-cfg-enabled: true\nds-cfg-sender-address: a@example.com\n' +
        'ds-cfg-recipient-address: b@example.com\nds-cfg-message-subject: %%alert-type%%\n' +
        'ds-cfg-message-body: %%alert-message%%\nds-cfg-enabled-alert-type: confdit.ConfigurationChanged\n\n' +
        `dn: ${USED}\nchangetype: modify\nreplace: ds-cfg-auth-password\nds-cfg-auth-password: ${CANARY}used-2\n`,
    );
    expect(used.code, used.stderr).toBe(0);
    const client = await RawClient.connect(server);
    for (const password of [`${CANARY}wrong-1`, `${CANARY}wrong-2`])
      expect(await client.request(bindRequest(USER, password))).toMatchObject({ code: 49 });
    client.close();
    expect(await confditFor(server)('reload')).toMatchObject({ code: 0 });
    const spool = join(folder, 'mail');
    await until(async () => (await readdir(spool)).some((name) => name !== 'given-up'));
    await server.stop();
    expect(await readFile(join(folder, 'config', 'config-logins.json'), 'utf8')).toContain('failedAt');
    expect(JSON.stringify(server.logLines())).not.toContain(CANARY);
    const rotated = await runHere(['rotate-key', '--instance', folder]);
    expect(rotated.code, rotated.stderr).toBe(0);
    expect(await filesWith([CANARY])).toEqual([]);
    const again = await start();
    expect(await valuesOf(again, USED, 'ds-cfg-auth-password')).toEqual([`${CANARY}used-2`]);
    await again.stop();
    expect(await filesWith([CANARY])).toEqual([]);
  });
});

describe('a backup', () => {
  const key = () => join(folder, 'config', 'keys', 'master.key');
  const wholeWith = async (instance: string, environment = {}) => {
    const checked = await runHere(['check', '--instance', instance], { environment });
    expect([checked.stderr, checked.stdout]).toEqual(['', expect.stringContaining('is whole')]);
  };
  /** Restores a backup to a new folder. */
  const restore = async (file: string, ...words: string[]) => {
    const instance = join(await mkdtemp(join(parent, 'restored-')), 'instance');
    return { instance, ...(await runHere(['restore', '--instance', instance, ...words, file])) };
  };

  it('has no master key, and says which one it needs', async () => {
    const file = join(parent, 'keyless.tar.gz');
    expect((await runHere(['backup', '--instance', folder, file])).code).toBe(0);
    expect(gunzipSync(await readFile(file)).includes(await readFile(key()))).toBe(false);
    const without = await restore(file);
    expect(without).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('does not hold its master key'),
    });
    await wholeWith(without.instance, { CONFDIT_MASTER_KEY_FILE: key() });
    const other = join(parent, 'other.key');
    await writeFile(other, Buffer.alloc(32, 2).toString('base64'));
    const wrong = await restore(file, '--master-key', other);
    expect(wrong.stderr).toContain(`${other} is not the master key of this backup`);
    expect(await readdir(join(wrong.instance, '..'))).toEqual([]);
    const right = await restore(file, '--master-key', key());
    expect(right.code, right.stderr).toBe(0);
    await wholeWith(right.instance);
  });

  it('has the master key if that is asked for, wherever the key is', async () => {
    const elsewhere = join(parent, 'mounted.key');
    await cp(key(), elsewhere);
    for (const environment of [{}, { CONFDIT_MASTER_KEY_FILE: elsewhere }]) {
      const file = join(await mkdtemp(join(parent, 'with-key-')), 'b.tar.gz');
      const made = await runHere(['backup', '--with-key', '--instance', folder, file], { environment });
      expect(made.code, made.stderr).toBe(0);
      const { instance } = await restore(file);
      await wholeWith(instance);
    }
  });
});

describe('an instance whose key is not there', () => {
  it.each([
    ['missing', undefined, 'is missing, and the secrets of this instance are encrypted'],
    ['another one', Buffer.alloc(32, 1).toString('base64'), 'is not the master key of this instance'],
    ['no key at all', 'x', 'is no master key'],
  ])('(%s) is not started, with one sentence, and stays as it is', async (_, text, sentence) => {
    const copy = join(await mkdtemp(join(parent, 'keyless-')), 'instance');
    await cp(folder, copy, { recursive: true, filter: (path) => !/\.lock$|ldapi$/.test(path) });
    const key = join(copy, 'config', 'keys', 'master.key');
    await removeFolder(key);
    if (text !== undefined) await writeFile(key, text, { mode: 0o600 });
    const before = await contentOf(copy);
    const { stderr } = await startServer({ folder: copy, expectFailure: true });
    expect(stderr).toContain(sentence);
    expect(stderr.trim().split('\n')).toHaveLength(2);
    expect(await contentOf(copy)).toEqual(before);
    // The key may lie elsewhere.
    const elsewhere = join(parent, 'elsewhere.key');
    await cp(join(folder, 'config', 'keys', 'master.key'), elsewhere);
    await removeFolder(key);
    const checked = await runHere(['check', '--instance', copy], {
      environment: { CONFDIT_MASTER_KEY_FILE: elsewhere },
    });
    expect(checked.stdout).toContain('is whole');
    await removeFolder(elsewhere);
  });
});

async function contentOf(below: string): Promise<ReadonlyMap<string, string>> {
  const contents = new Map<string, string>();
  for (const file of await readdir(below, { recursive: true, withFileTypes: true }))
    if (file.isFile() && file.name !== 'refused-starts.txt')
      contents.set(
        join(file.parentPath, file.name),
        await readFile(join(file.parentPath, file.name), 'latin1'),
      );
  return contents;
}

// A reload: what expressions draw from is read again, and is in force as a whole or not at all.

import { readdir, readFile, rename, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { ChangeType, writePersistentSearch } from '../../src/codec/persistent-search-control.ts';
import { Oid } from '../../src/ldap/oids.ts';
import { ALL_CHANGES, changeIn, Watch } from '../operations/controls/watch.ts';
import { addRequest, changeKinds, deleteRequest, modifyRequest, scopes } from '../support/ber-bytes.ts';
import { CaseTree } from '../support/cases/case-tree.ts';
import { RawClient } from '../support/raw-client.ts';
import { type LogLine, type RunningServer, startServer } from '../support/start-server.ts';

const CANARY = 'canary-secret-after-reload';
const FIRST_CANARY = 'canary-secret-before-reload';
const EXPRESSIONS = 'config/expressions/mail.json';

/** One mail server and one set of files for each test, all in one server. */
let server: RunningServer;
let client: RawClient;
let tree: CaseTree;

const written = (name: string) => `cn=${name},cn=Mail Servers,cn=config`;
const inForce = (name: string) => `cn=${name},cn=Mail Servers,cn=effective`;

async function addMailServer(name: string, attributes: Readonly<Record<string, string>>): Promise<void> {
  const all = {
    objectClass: 'ds-cfg-mail-server',
    cn: name,
    'ds-cfg-enabled': 'true',
    'ds-cfg-smtp-server': 'smtp.example.com',
    ...attributes,
  };
  const parts = Object.entries(all).map(([key, value]) => [key, [value]] as const);
  expect(await client.request(addRequest(written(name), parts))).toMatchObject({ code: 0 });
}

async function set(name: string, attribute: string, value: string): Promise<string> {
  const { code, text } = await client.request(
    modifyRequest(written(name), [[changeKinds.replace, attribute, [value]]]),
  );
  expect(code, text).toBe(0);
  return text;
}

function putFile(path: string, text: string): Promise<void> {
  return writeFile(join(server.folder, path), text);
}

/** Sends SIGHUP and waits for the end of the reload. */
async function reload(): Promise<LogLine> {
  const asked = Date.now();
  process.kill(server.pid, 'SIGHUP');
  return server.waitForLog(
    (line) =>
      Number(line.time) >= asked &&
      (line.msg === 'reloaded' || line.msg === 'nothing was reloaded: put the problems right'),
  );
}

function linesSince(asked: number): readonly LogLine[] {
  return server.logLines().filter(({ time }) => Number(time) >= asked);
}

beforeAll(async () => {
  server = await startServer({
    files: {
      [EXPRESSIONS]: '{"mail": {"host": "one.example.com", "ssl": "false", "trust": "System"}}',
      'config/smtp.pin': FIRST_CANARY,
    },
  });
  client = await RawClient.bound(server);
  tree = await CaseTree.open(server);
});

describe('a reload', () => {
  it('puts in force what the files say now, and tells of it', async () => {
    await addMailServer('Host', { 'ds-cfg-smtp-server': '$<mail.host>:2525' });
    await putFile(EXPRESSIONS, '{"mail": {"host": "two.example.com", "ssl": "false", "trust": "System"}}');
    expect((await tree.read(inForce('Host'))).get('ds-cfg-smtp-server')).toEqual(['one.example.com:2525']);
    const asked = Date.now();
    expect(await reload()).toMatchObject({ msg: 'reloaded', cause: 'SIGHUP', changes: 1 });
    expect((await tree.read(inForce('Host'))).get('ds-cfg-smtp-server')).toEqual(['two.example.com:2525']);
    expect((await tree.read(written('Host'))).get('ds-cfg-smtp-server')).toEqual(['$<mail.host>:2525']);
    expect(linesSince(asked)).toContainEqual(
      expect.objectContaining({
        change: `${written('Host')}: smtp-server was "one.example.com:2525" and is "two.example.com:2525".`,
      }),
    );
  });

  it('names a secret that has changed and shows no value of it', async () => {
    await addMailServer('Secret', {
      'ds-cfg-auth-username': 'u',
      'ds-cfg-auth-password': '$<file:config/smtp.pin>',
    });
    await putFile('config/smtp.pin', CANARY);
    const asked = Date.now();
    await reload();
    expect((await tree.read(inForce('Secret'))).get('ds-cfg-auth-password')).toEqual([CANARY]);
    expect(linesSince(asked)).toContainEqual(
      expect.objectContaining({ change: `${written('Secret')}: auth-password has another value.` }),
    );
    expect(JSON.stringify(server.logLines())).not.toContain('canary');
  });

  it('changes nothing and lists every problem when one value is wrong', async () => {
    await addMailServer('Wrong', {
      'ds-cfg-smtp-server': '$<mail.host>',
      'ds-cfg-use-start-tls': '$<mail.tls|true>',
    });
    const before = await tree.read(inForce('Wrong'));
    await putFile(
      EXPRESSIONS,
      '{"mail": {"host": "not a host", "tls": "perhaps", "ssl": "false", "trust": "System"}}',
    );
    const asked = Date.now();
    expect(await reload()).toMatchObject({ msg: 'nothing was reloaded: put the problems right' });
    const problems = linesSince(asked).flatMap(({ problem }) =>
      typeof problem === 'string' ? [problem] : [],
    );
    expect(problems).toContainEqual(expect.stringContaining(`${written('Wrong')}: smtp-server`));
    expect(problems).toContainEqual(expect.stringContaining(`${written('Wrong')}: use-start-tls`));
    expect(problems).toContainEqual(expect.stringContaining(`${written('Host')}: smtp-server`));
    expect(linesSince(asked)).toContainEqual(expect.objectContaining({ alert: 'confdit.ReloadRefused' }));
    expect(await tree.read(inForce('Wrong'))).toEqual(before);
    await putFile(EXPRESSIONS, '{ this is no JSON');
    expect(await reload()).toMatchObject({ msg: 'nothing was reloaded: put the problems right' });
    expect(await tree.read(inForce('Wrong'))).toEqual(before);
    await putFile(EXPRESSIONS, '{"mail": {"host": "two.example.com", "ssl": "false", "trust": "System"}}');
    expect(await reload()).toMatchObject({ msg: 'reloaded' });
  });

  it('keeps the old value in force of what needs a restart of its object', async () => {
    await addMailServer('Ssl', { 'ds-cfg-use-ssl': '$<mail.ssl>' });
    await putFile(EXPRESSIONS, '{"mail": {"host": "two.example.com", "ssl": "true", "trust": "System"}}');
    await reload();
    expect((await tree.read(inForce('Ssl'))).get('ds-cfg-use-ssl')).toEqual(['false']);
    expect((await tree.read(written('Ssl'))).get('ds-cfg-pending-change')).toEqual([
      'use-ssl: the effective value is "false"; disable and enable this mail server again to make "true" take effect (changed …)',
    ]);
    await set('Ssl', 'ds-cfg-enabled', 'false');
    expect((await tree.read(inForce('Ssl'))).get('ds-cfg-use-ssl')).toEqual(['true']);
    expect((await tree.read(written('Ssl'))).get('ds-cfg-pending-change')).toBeUndefined();
  });

  it('clears what waits when the files go back to what is in force', async () => {
    await addMailServer('Back', { 'ds-cfg-use-ssl': '$<mail.back|false>' });
    await putFile('config/expressions/back.properties', 'mail.back=true\n');
    await reload();
    expect((await tree.read(written('Back'))).has('ds-cfg-pending-change')).toBe(true);
    await putFile('config/expressions/back.properties', 'mail.back=false\n');
    await reload();
    expect((await tree.read(written('Back'))).has('ds-cfg-pending-change')).toBe(false);
    expect((await tree.read(inForce('Back'))).get('ds-cfg-use-ssl')).toEqual(['false']);
  });

  it('lets references follow: who uses what is another after it', async () => {
    const system = 'cn=System,cn=Trust Manager Providers,cn=config';
    const jvm = 'cn=JVM Trust Manager,cn=Trust Manager Providers,cn=config';
    await putFile('config/expressions/trust.properties', 'mail.manager=System\n');
    await reload();
    await addMailServer('Trust', {
      'ds-cfg-trust-manager-provider': 'cn=$<mail.manager>,cn=Trust Manager Providers,cn=config',
    });
    expect((await tree.read(system)).get('ds-cfg-used-by')).toContain(written('Trust'));
    await putFile('config/expressions/trust.properties', 'mail.manager=JVM Trust Manager\n');
    await reload();
    expect((await tree.read(system)).get('ds-cfg-used-by') ?? []).not.toContain(written('Trust'));
    expect((await tree.read(jvm)).get('ds-cfg-used-by')).toContain(written('Trust'));
    await putFile('config/expressions/trust.properties', 'mail.manager=Nobody\n');
    const asked = Date.now();
    await reload();
    expect(JSON.stringify(linesSince(asked))).toContain('does not exist');
    await putFile('config/expressions/trust.properties', 'mail.manager=System\n');
    expect(await reload()).toMatchObject({ msg: 'reloaded' });
  });

  it('reads through a link that points elsewhere now, as Kubernetes swaps them', async () => {
    await putFile('config/v1', 'first');
    await putFile('config/v2', 'second');
    await symlink('v1', join(server.folder, 'config/current'));
    await addMailServer('Link', {
      'ds-cfg-auth-username': 'u',
      'ds-cfg-auth-password': '$<file:config/current>',
    });
    await symlink('v2', join(server.folder, 'config/next'));
    await rename(join(server.folder, 'config/next'), join(server.folder, 'config/current'));
    await reload();
    expect((await tree.read(inForce('Link'))).get('ds-cfg-auth-password')).toEqual(['second']);
  });

  it('comes by itself when the file of an expression changes, while the administrator wants it', async () => {
    await putFile('config/w1', 'first');
    await putFile('config/w2', 'second');
    await putFile('config/w3', 'third');
    const point = async (target: string) => {
      await symlink(target, join(server.folder, 'config/watched-next'));
      await rename(join(server.folder, 'config/watched-next'), join(server.folder, 'config/watched'));
    };
    await point('w1');
    await addMailServer('Watch', {
      'ds-cfg-auth-username': 'u',
      'ds-cfg-auth-password': '$<file:config/watched>',
    });
    const wish = (value: string) =>
      client.request(
        modifyRequest('cn=config', [[changeKinds.replace, 'ds-cfg-reload-on-file-change', [value]]]),
      );
    expect(await wish('true')).toMatchObject({ code: 0 });
    const asked = Date.now();
    await point('w2');
    await server.waitForLog(({ time, msg }) => Number(time) >= asked && msg === 'reloaded');
    expect((await tree.read(inForce('Watch'))).get('ds-cfg-auth-password')).toEqual(['second']);
    expect(await wish('false')).toMatchObject({ code: 0 });
    await point('w3');
    expect((await tree.read(inForce('Watch'))).get('ds-cfg-auth-password')).toEqual(['second']);
    await reload();
    expect((await tree.read(inForce('Watch'))).get('ds-cfg-auth-password')).toEqual(['third']);
  });

  it('is told to who watches what is in force, and to nobody who watches what is written', async () => {
    await putFile('config/expressions/watch.properties', 'mail.watched=before.example.com\n');
    await reload();
    await addMailServer('Persistent', { 'ds-cfg-smtp-server': '$<mail.watched>' });
    const value = writePersistentSearch(ALL_CHANGES);
    const [seen, unseen] = await Promise.all(
      [inForce('Persistent'), written('Persistent')].map((base) =>
        Watch.start(server, Oid.persistentSearch, value, { scope: scopes.base }, base),
      ),
    );
    if (seen === undefined || unseen === undefined) throw new Error('there are two');
    await seen.settled();
    await unseen.settled();
    await putFile('config/expressions/watch.properties', 'mail.watched=after.example.com\n');
    await reload();
    const told = await seen.next();
    expect(told.entry?.attributes['ds-cfg-smtp-server']).toEqual(['after.example.com:587']);
    expect(changeIn(told)).toMatchObject({ name: 'Persistent', type: ChangeType.modify });
    await unseen.settled();
    expect(unseen.client.unread).toEqual([]);
    seen.client.close();
    unseen.client.close();
  });

  it('reads keys again, and is refused while they cannot be read', async () => {
    const key = await readFile(join(server.folder, 'config/keys/server.pem'), 'utf8');
    await putFile(
      'config/keys/server.pem',
      '-----BEGIN PRIVATE KEY-----\nnonsense\n-----END PRIVATE KEY-----\n',
    );
    const asked = Date.now();
    expect(await reload()).toMatchObject({ msg: 'nothing was reloaded: put the problems right' });
    expect(JSON.stringify(linesSince(asked))).toContain(
      'cn=Default Key Manager,cn=Key Manager Providers,cn=config',
    );
    await putFile('config/keys/server.pem', key);
    expect(await reload()).toMatchObject({ msg: 'reloaded' });
  });

  it('knows who uses what after a restart', async () => {
    const files = { 'config/expressions/trust.properties': 'mail.manager=System\n' };
    const first = await startServer({ files });
    const [system, jvm] = ['System', 'JVM Trust Manager'].map(
      (name) => `cn=${name},cn=Trust Manager Providers,cn=config`,
    );
    const attributes = {
      objectClass: 'ds-cfg-mail-server',
      'ds-cfg-enabled': 'true',
      'ds-cfg-smtp-server': 'smtp.example.com',
      'ds-cfg-trust-manager-provider': 'cn=$<mail.manager>,cn=Trust Manager Providers,cn=config',
    };
    const parts = Object.entries(attributes).map(([name, value]) => [name, [value]] as const);
    const before = await RawClient.bound(first);
    expect(await before.request(addRequest(written('One'), parts))).toMatchObject({ code: 0 });
    await first.stop();
    const second = await startServer({ folder: first.folder });
    await writeFile(
      join(first.folder, 'config/expressions/trust.properties'),
      'mail.manager=JVM Trust Manager\n',
    );
    process.kill(second.pid, 'SIGHUP');
    await second.waitForLog(({ msg }) => msg === 'reloaded');
    const after = await CaseTree.open(second);
    expect((await after.read(system ?? '')).get('ds-cfg-used-by')).toBeUndefined();
    expect((await after.read(jvm ?? '')).get('ds-cfg-used-by')).toEqual([written('One')]);
    const client = await RawClient.bound(second);
    expect(await client.request(deleteRequest(jvm ?? ''))).toMatchObject({ code: 53 });
    expect(await client.request(deleteRequest(system ?? ''))).toMatchObject({ code: 0 });
  });

  it('has its turn between changes that come all the while', async () => {
    await putFile('config/expressions/turn.properties', 'mail.turn=turn-0.example.com\n');
    await reload();
    await addMailServer('Turn', { 'ds-cfg-smtp-server': '$<mail.turn>' });
    const rounds = 5;
    const changes = 40;
    for (let round = 1; round <= rounds; round++) {
      await putFile('config/expressions/turn.properties', `mail.turn=turn-${round}.example.com\n`);
      const answers = Array.from({ length: changes }, (_, index) =>
        client.request(
          modifyRequest(written('Turn'), [
            [changeKinds.replace, 'ds-cfg-use-start-tls', [index % 2 === 0 ? 'true' : 'false']],
          ]),
        ),
      );
      const reloaded = reload();
      expect((await Promise.all(answers)).map(({ code }) => code)).toEqual(answers.map(() => 0));
      expect(await reloaded).toMatchObject({ msg: 'reloaded' });
      const found = await tree.read(inForce('Turn'));
      expect(found.get('ds-cfg-smtp-server')).toEqual([`turn-${round}.example.com:587`]);
      expect(found.get('ds-cfg-use-start-tls')).toEqual(['false']);
    }
  });

  it('stores nothing', async () => {
    const folder = join(server.folder, 'config/journal');
    const journal = async () =>
      Promise.all((await readdir(folder)).map((name) => readFile(join(folder, name), 'utf8')));
    const before = await journal();
    await putFile('config/smtp.pin', 'another');
    await reload();
    expect(await journal()).toEqual(before);
  });
});

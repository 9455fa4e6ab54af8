// The past from the command line: what was changed, what is different, and back to it; from a running server and from
// the files of one that is down.

import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readLdif } from '../../src/codec/ldif-reader.ts';
import type { LdifRecord } from '../../src/codec/ldif-record.ts';
import { dnOfChange } from '../../src/ldap/change.ts';
import { formatRdn } from '../../src/ldap/dn.ts';
import { Oid } from '../../src/ldap/oids.ts';
import { addMailServer } from '../operations/entries.ts';
import {
  addRequest,
  changeKinds,
  deleteRequest,
  extendedRequest,
  modifyDnRequest,
  modifyRequest,
  scopes,
  searchRequest,
} from '../support/ber-bytes.ts';
import { runHere } from '../support/confdit-program.ts';
import { LdapTools } from '../support/ldap-tools.ts';
import { RawClient } from '../support/raw-client.ts';
import { type RunningServer, startServer } from '../support/start-server.ts';

const CONTAINER = 'cn=Mail Servers,cn=config';
const CHANGES = 1000;
const SNAPSHOT_EVERY = 250;
/** As many of the states as one run goes back to, spread over all of them. */
const ROLLBACKS = 60;

/** A world of changes from a seed, so that a failure can be repeated. */
function randomNumbers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return Math.floor((state / 2_147_483_648) * below);
  };
}

/** Adds, deletes, renames and all kinds of modify, of a few entries again and again, as LDIF. */
function randomChanges(count: number, random: (below: number) => number): string {
  const there = new Set<string>();
  const records: string[] = [];
  for (let version = 1; version <= count; version++) {
    const dn = `cn=Server ${random(6)},${CONTAINER}`;
    const other = `cn=Server ${random(6)},${CONTAINER}`;
    if (!there.has(dn)) {
      there.add(dn);
      records.push(
        `dn: ${dn}\nchangetype: add\nobjectClass: ds-cfg-mail-server\nds-cfg-smtp-server: a${version}.example.com\n` +
          `ds-cfg-smtp-property: b=${version}\nds-cfg-smtp-property: a=2\nds-cfg-enabled: true\n`,
      );
    } else if (random(5) === 0) {
      there.delete(dn);
      records.push(`dn: ${dn}\nchangetype: delete\n`);
    } else if (!there.has(other) && random(4) === 0) {
      there.delete(dn);
      there.add(other);
      const newRdn = other.slice(0, other.indexOf(','));
      records.push(`dn: ${dn}\nchangetype: modrdn\nnewrdn: ${newRdn}\ndeleteoldrdn: 1\n`);
    } else records.push(`dn: ${dn}\nchangetype: modify\n${randomModification(version, random)}-\n`);
  }
  return records.join('\n');
}

function randomModification(version: number, random: (below: number) => number): string {
  switch (random(5)) {
    case 0:
      return 'replace: cn;lang-de\n';
    case 1:
      return `replace: cn;lang-de\ncn;lang-de: Nummer ${version} ä\n`;
    case 2:
      return `add: ds-cfg-smtp-property\nds-cfg-smtp-property: c${version}=1\n`;
    case 3:
      return `replace: ds-cfg-smtp-server\nds-cfg-smtp-server: z${version}.example.com\n`;
    default:
      return `replace: ds-cfg-smtp-property\nds-cfg-smtp-property: n=${version}\nds-cfg-smtp-property: a=1\n`;
  }
}

/** What people may set, to the last octet and in order; the entries by name. */
async function userAttributes(client: RawClient): Promise<string> {
  const { entries } = await client.request(searchRequest(CONTAINER, { scope: scopes.one }));
  return entries
    .map((entry) => JSON.stringify(entry))
    .sort()
    .join('\n');
}

function requestOf(record: LdifRecord): Buffer {
  if (record.type === 'content') throw new Error('A change record is expected.');
  const { change } = record;
  switch (change.type) {
    case 'add':
      return addRequest(
        change.entry.dn.toString(),
        change.entry.attributes.map(({ description, values }) => [description, values] as const),
      );
    case 'modify':
      return modifyRequest(
        change.dn.toString(),
        change.modifications.map(
          ({ operation, attribute }) =>
            [changeKinds[operation], attribute.description, attribute.values] as const,
        ),
      );
    case 'modifyDn':
      return modifyDnRequest(change.dn.toString(), formatRdn(change.newRdn), change.deleteOldRdn);
    default:
      return deleteRequest(dnOfChange(change).toString());
  }
}

async function confdit(server: RunningServer, words: readonly string[]) {
  const environment = {
    CONFDIT_INSTANCE: server.folder,
    LDAP_PORT: String(server.port),
    BIND: server.password,
  };
  return runHere(words, { environment });
}

const BOUND = ['--bindPassword:env', 'BIND'];

async function lastNumber(client: RawClient): Promise<number> {
  const request = searchRequest('', { scope: scopes.base, attributes: ['lastChangeNumber'] });
  return Number((await client.request(request)).entries[0]?.attributes.lastChangeNumber?.[0]);
}

/** Has one written and waits for it: the states before it are then made from an archive and the journal. */
async function snapshot(server: RunningServer, client: RawClient): Promise<void> {
  const number = await lastNumber(client);
  const id = `snapshot-${number}`;
  const task = `dn: ds-task-id=${id},cn=Scheduled Tasks,cn=tasks\nobjectClass: ds-task\nobjectClass: ds-task-snapshot\nds-task-id: ${id}\n`;
  const { code, stderr } = await new LdapTools(server).add(task);
  expect(code, stderr).toBe(0);
  const archives = join(server.folder, 'config', 'archived-configs');
  await expect.poll(() => readdir(archives)).toContain(`config-${String(number).padStart(12, '0')}.ldif.gz`);
}

describe('a rollback', () => {
  it('to any change gives the entries that were there then, byte for byte, and is one change itself', async () => {
    const server = await startServer();
    const client = await RawClient.bound(server);
    const states = new Map<number, string>();
    for (const record of readLdif(randomChanges(CHANGES, randomNumbers(20_261_122)))) {
      const { code, text } = await client.request(requestOf(record));
      expect(code, text).toBe(0);
      states.set(await lastNumber(client), await userAttributes(client));
      if (states.size % SNAPSHOT_EVERY === 0) await snapshot(server, client);
    }
    // All of the past is still there, in files of its own.
    expect(await readdir(join(server.folder, 'config', 'journal'))).toHaveLength(
      1 + CHANGES / SNAPSHOT_EVERY,
    );
    const shuffled = [...states.keys()].toSorted(
      (one, other) => ((one * 37) % (CHANGES + 1)) - ((other * 37) % (CHANGES + 1)),
    );
    for (const to of shuffled.slice(0, ROLLBACKS)) {
      const before = await lastNumber(client);
      const isSame = (await userAttributes(client)) === states.get(to);
      const asked = JSON.stringify({ to, expected: before });
      const { code, text } = await client.request(extendedRequest(Oid.rollback, asked));
      expect(code, text).toBe(0);
      expect(await userAttributes(client), `rollback to ${to}`).toBe(states.get(to));
      expect(await lastNumber(client)).toBe(isSame ? before : before + 1);
    }
    const stale = JSON.stringify({ to: 3, expected: 5 });
    expect((await client.request(extendedRequest(Oid.rollback, stale))).code).toBe(51);
    const number = await lastNumber(client);
    const [entry] = await new LdapTools(server).entries('cn=changelog', `(changeNumber=${number})`);
    expect(entry?.first('changeinitiatorsname')).toBe('cn=admin,cn=Root DNs,cn=config');
    client.close();
  });

  it('shows what it will do, is checked like any other change, and can be of a server that is down', async () => {
    const server = await startServer();
    const tools = new LdapTools(server);
    const trust = 'cn=Blind Trust,cn=Trust Manager Providers,cn=config';
    const enable = (value: boolean) =>
      tools.modify(`dn: ${trust}\nchangetype: modify\nreplace: ds-cfg-enabled\nds-cfg-enabled: ${value}\n`);
    expect((await enable(true)).code).toBe(0);
    const used = `dn: cn=One,${CONTAINER}\nobjectClass: ds-cfg-mail-server\nds-cfg-enabled: true
ds-cfg-smtp-server: one.example.com\nds-cfg-use-ssl: true\nds-cfg-trust-manager-provider: ${trust}\n`;
    expect((await tools.add(used)).code).toBe(0);
    const shown = await confdit(server, ['rollback', '--to', '1', '--dry-run', ...BOUND]);
    expect(shown.stdout).toBe(
      `dn: cn=One,${CONTAINER}\nchangetype: delete\n\n` +
        `dn: ${trust}\nchangetype: modify\nreplace: ds-cfg-enabled\nds-cfg-enabled: false\n-\n`,
    );
    const client = await RawClient.bound(server);
    expect(await lastNumber(client)).toBe(3);
    client.close();
    expect((await confdit(server, ['rollback', '--to', '1', ...BOUND])).stderr).toContain('give --no-prompt');
    expect((await confdit(server, ['rollback', '--to', '99', '--yes', ...BOUND])).stderr).toContain(
      'There is no state after change 99',
    );
    expect((await confdit(server, ['rollback', '--to', '1', '--yes', '--offline'])).stderr).toContain(
      'in use',
    );
    await server.stop();
    const done = await confdit(server, ['rollback', '--to', '2', '--yes', '--offline']);
    expect(done.stdout, done.stderr).toContain('Change 4 makes it so.');
    const again = await startServer({ folder: server.folder });
    expect(await new LdapTools(again).entries(CONTAINER, '-s', 'one')).toEqual([]);
  });
});

it('history and diff say the same of a running server and of its files', async () => {
  const server = await startServer();
  const ldif = randomChanges(10, randomNumbers(7));
  const { code, stderr } = await new LdapTools(server).modify(ldif);
  expect(code, stderr).toBe(0);
  const both = async (...words: string[]) => {
    const online = await confdit(server, [...words, ...BOUND]);
    const offline = await confdit(server, [...words, '--offline']);
    expect(online.code, online.stderr).toBe(0);
    expect(offline.stdout).toBe(online.stdout);
    return online.stdout;
  };
  const list = await both('history', '--limit', '3');
  expect(list.match(/^ +(\d+) .* by cn=admin,cn=Root DNs,cn=config$/gm)).toHaveLength(3);
  expect(await both('history', '--changes', '--to', '2')).toContain('ds-cfg-smtp-server: a1.example.com');
  expect(await both('diff', '1', '2')).toContain('changetype: add');
  expect(await both('diff', '2', '1')).toContain('changetype: delete');
  expect(await both('diff', '4')).not.toBe('');
  expect(await both('diff', '4', '4')).toBe('');
  expect((await confdit(server, ['diff', 'x', ...BOUND])).code).toBe(89);
  for (const how of [BOUND, ['--offline']]) {
    const gone = await confdit(server, ['history', '--to', '0', ...how]);
    expect([gone.code === 0, gone.stdout, gone.stderr]).toEqual([
      false,
      '',
      expect.stringContaining('Change 0 is not kept any more: the first change that is kept is 1.'),
    ]);
  }
});

it('a server that runs rolls back no more at once than others can wait for; of one that is down, all is possible', async () => {
  const server = await startServer();
  const client = await RawClient.bound(server);
  const count = 10_001;
  for (let first = 0; first < count; first += 500) {
    const names = Array.from({ length: Math.min(500, count - first) }, (_, index) => `S${first + index}`);
    const answers = await Promise.all(names.map((name) => client.request(addMailServer(name))));
    expect(answers.every(({ code }) => code === 0)).toBe(true);
  }
  const back = (to: number) => client.request(extendedRequest(Oid.rollback, JSON.stringify({ to })));
  expect(await back(1)).toMatchObject({ code: 11, text: expect.stringContaining('in several steps') });
  expect((await back(count)).code).toBe(0);
  await server.stop();
  expect(await confdit(server, ['rollback', '--to', '1', '--yes', '--offline'])).toMatchObject({ code: 0 });
});

it('a rollback that no answer has room for is done, and the answer says where all of it is', async () => {
  const server = await startServer();
  const client = await RawClient.bound(server);
  const names = ['One', 'Two', 'Three', 'Four', 'Five', 'Six', 'Seven', 'Eight', 'Nine', 'Ten'];
  const large = `x.note=${'n'.repeat(1024 * 1024)}`;
  for (const name of names)
    expect((await client.request(addMailServer(name, { 'ds-cfg-smtp-property': large }))).code).toBe(0);
  for (const name of names)
    expect((await client.request(deleteRequest(`cn=${name},${CONTAINER}`))).code).toBe(0);
  // The first change has set the administrator's password.
  const there = names.length + 1;
  const done = await client.request(extendedRequest(Oid.rollback, JSON.stringify({ to: there })));
  expect(done).toMatchObject({ code: 0 });
  const { number, notes, ldif, omitted } = JSON.parse(done.value ?? '');
  expect(number).toBe(there + names.length + 1);
  const records = readLdif(ldif);
  expect(records.length + omitted).toBe(names.length);
  expect(notes.at(-1)).toContain(`room for ${records.length} of 10 changes`);
  const [, words = ''] = /confdit (diff \d+ \d+ --offline)/.exec(notes.at(-1)) ?? [];
  const all = await confdit(server, words.split(' '));
  expect({ code: all.code, stderr: all.stderr }).toEqual({ code: 0, stderr: '' });
  expect(readLdif(all.stdout)).toHaveLength(names.length);
  const { entries } = await client.request(
    searchRequest(CONTAINER, { scope: scopes.one, attributes: ['cn'] }),
  );
  expect(entries).toHaveLength(names.length);
});

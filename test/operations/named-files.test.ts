// Every property that names a file or a folder, found in the declarations, with every kind of file that is none to be read:
// each is answered, costs nothing, and does not hold up the next change. Also as a trial.

import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { chown, mkdir, mkdtemp, readFile, symlink, truncate, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { objectDefinitions } from '../../src/config/definitions.ts';
import type { ObjectDefinition } from '../../src/config/object-definition.ts';
import type { PropertyDefinition } from '../../src/config/property-definition.ts';
import { Oid } from '../../src/ldap/oids.ts';
import { addRequest, control, deleteRequest, modifyRequest } from '../support/ber-bytes.ts';
import { runConfdit } from '../support/confdit-program.ts';
import { hangingDisk } from '../support/disk/hanging-disk.ts';
import { removeFolder } from '../support/folders.ts';
import { RawClient } from '../support/raw-client.ts';
import { type RunningServer, startServer } from '../support/start-server.ts';

const OTHER_USER = 4242;
const REPLACE = 2;
/** What a trial that would succeed is answered with. */
const NO_OPERATION = 16_654;
/** Made, and not read. */
const NOT_READ = new Set(['socket-file']);
const CANDIDATES = objectDefinitions.flatMap((definition) =>
  definition.properties
    .filter(({ name, type }) => type.name === 'file path' && !NOT_READ.has(name))
    .map((property) => ({ definition, property, title: `${definition.kind} ${property.name}` })),
);
const isFolder = ({ name }: PropertyDefinition) => name.endsWith('-directory');

let server: RunningServer;
let client: RawClient;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'confdit-named-'));
  server = await startServer();
  client = await RawClient.bound(server);
  await mkdir(join(folder, 'folder'));
  await writeFile(join(folder, 'sparse'), '');
  await truncate(join(folder, 'sparse'), 100 * 1024 ** 3);
  execFileSync('mkfifo', [join(folder, 'fifo')]);
  const socket = createServer().listen(join(folder, 'socket'));
  await once(socket, 'listening');
  await writeFile(join(folder, 'foreign'), 'secret');
  if (process.geteuid?.() === 0) await chown(join(folder, 'foreign'), OTHER_USER, OTHER_USER);
  await symlink('/dev/zero', join(folder, 'link'));
  await symlink('link-2', join(folder, 'link-1'));
  await symlink('link-1', join(folder, 'link-2'));
  return async () => {
    socket.close();
    client.close();
    await removeFolder(folder);
  };
});

const INPUTS: readonly (readonly [what: string, path: () => string])[] = [
  ['/dev/zero', () => '/dev/zero'],
  ['/dev/null', () => '/dev/null'],
  ['a link to /dev/zero', () => join(folder, 'link')],
  ['links in a circle', () => join(folder, 'link-1')],
  ['a FIFO', () => join(folder, 'fifo')],
  ['a socket', () => join(folder, 'socket')],
  ['a folder', () => join(folder, 'folder')],
  ['a file of 100 GiB', () => join(folder, 'sparse')],
  ['a file of /proc', () => '/proc/self/status'],
  ['a file of the kernel that waits', () => '/proc/kmsg'],
  ['memory of the kernel', () => '/proc/kcore'],
  ["another user's file", () => join(folder, 'foreign')],
];

/** Values for what an object must have beside the file. */
function sampleOf({ type, name }: PropertyDefinition, base: string): string {
  const samples: Readonly<Record<string, string>> = { boolean: 'true', dn: base, DN: base };
  const sample = samples[type.name];
  if (sample === undefined) throw new Error(`A value for ${name} (${type.name}) is needed here.`);
  return sample;
}

function entryOf(definition: ObjectDefinition, property: PropertyDefinition, path: string) {
  const { location, namingAttribute = 'cn' } = definition;
  if (!('under' in location)) throw new Error(`${definition.kind} has no container.`);
  const others = definition.properties.filter(
    ({ name, required, attribute }) => name !== property.name && required && attribute !== namingAttribute,
  );
  return {
    dn: `${namingAttribute}=Named File,${location.under}`,
    attributes: [
      ['objectClass', [definition.objectClass.name]],
      [property.attribute, [path]],
      ...others.map((one) => [one.attribute, [sampleOf(one, 'o=named')]] as const),
    ] as const,
  };
}

async function nextChangeIsMade(): Promise<void> {
  const changed = await client.request(
    modifyRequest('cn=config', [[REPLACE, 'ds-cfg-changelog-minimum-changes', ['900']]]),
  );
  expect(changed.code).toBe(0);
}

async function residentMebibytes(): Promise<number> {
  const status = await readFile(`/proc/${server.pid}/status`, 'utf8');
  return Number(/^VmHWM:\s+(\d+) kB/m.exec(status)?.[1]) / 1024;
}

describe.each(CANDIDATES)('$title', ({ definition, property }) => {
  it.each(INPUTS)('with %s is answered', async (_what, input) => {
    const inFolder = join(folder, `pem-${property.name}-${definition.kind}`);
    const path = isFolder(property) ? inFolder : input();
    if (isFolder(property)) {
      await removeFolder(inFolder);
      await mkdir(inFolder);
      await symlink(input(), join(inFolder, 'member.pem'));
    }
    const { dn, attributes } = entryOf(definition, property, path);
    const trial = await client.request(addRequest(dn, attributes), [control(Oid.noOp, true)]);
    const added = await client.request(addRequest(dn, attributes));
    expect([NO_OPERATION, 53]).toContain(trial.code);
    expect([0, 53]).toContain(added.code);
    expect(trial.code === 53).toBe(added.code === 53);
    await nextChangeIsMade();
    if (added.code === 0) expect((await client.request(deleteRequest(dn))).code).toBe(0);
  });
});

describe('an expression', () => {
  it.each(INPUTS)('that names %s is answered', async (what, input) => {
    const text = `$<file:${input()}>`;
    const change = modifyRequest('cn=config', [[REPLACE, 'ds-cfg-changelog-minimum-changes', [text]]]);
    for (const controls of [[control(Oid.noOp, true)], []]) {
      const answer = await client.request(change, controls);
      expect([what, answer.code]).toEqual([what, 53]);
    }
    await nextChangeIsMade();
  });
});

it('none of it has cost memory', async () => {
  expect(await residentMebibytes()).toBeLessThan(600);
});

it('the command line reads none of it either', async () => {
  const paths = INPUTS.filter(([what]) => !/null|proc|user|folder/.test(what)).map(([, input]) => input());
  const { code, stdout, stderr } = await runConfdit(['validate', ...paths]);
  expect({ code, stderr }).toEqual({ code: 1, stderr: '' });
  expect(paths.filter((path) => !stdout.includes(path))).toEqual([]);
});

it('a file system that hangs refuses the change, and the next one has its turn', async () => {
  const disk = await hangingDisk();
  // Only root can mount one.
  if (disk === undefined) return;
  const { dn, attributes } = entryOf(...firstKeyStore(), join(disk, 'store.p12'));
  const refused = await client.request(addRequest(dn, attributes));
  expect([refused.code, refused.text]).toEqual([53, expect.stringContaining('has not answered for 10 s')]);
  await nextChangeIsMade();
  client.close();
  expect(await server.stop()).toEqual({ code: null, signal: 'SIGKILL' });
});

function firstKeyStore(): [ObjectDefinition, PropertyDefinition] {
  const found = CANDIDATES.find(({ property }) => property.name === 'key-store-file');
  if (found === undefined) throw new Error('There is no key-store-file.');
  return [found.definition, found.property];
}

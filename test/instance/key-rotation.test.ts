// An instance whose files are encrypted for the first time, or with a new key, by a process that may end at any moment.

import { copyFile, cp, mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expressionSyntaxes } from '../../src/config/expression-syntaxes.ts';
import { type FileSystem, nodeFileSystem } from '../../src/files/file-system.ts';
import { readSchemaFiles } from '../../src/instance/instance.ts';
import { openKeys, readKeys, writeDataKeys } from '../../src/instance/keys/instance-keys.ts';
import { encryptInstance, openValues, valuesOf } from '../../src/instance/keys/stored-secrets.ts';
import { Schema } from '../../src/schema/schema.ts';
import { type StoredValues, VALUES_AS_STORED } from '../../src/store/encryption/stored-values.ts';
import { HistoryReader } from '../../src/store/history-reader.ts';
import { readSnapshot } from '../../src/store/snapshot.ts';
import { runHere } from '../support/confdit-program.ts';
import { removeFolder } from '../support/folders.ts';
import { SAMPLES } from '../support/sample-instance.ts';

const SECRET = 'sample-stored-password';
const SAMPLE = join(SAMPLES, '0.1.0', 'instance');
const NO_LOG = { info: () => {}, warn: () => {} };
const now = () => new Date('2026-11-30T09:00:00.000Z');

let parent: string;
let schema: Schema;

beforeAll(async () => {
  parent = await mkdtemp(join(tmpdir(), 'confdit-rotation-'));
  schema = Schema.parse(await readSchemaFiles({ folder: join(SAMPLES, '..', '..') }), {
    syntaxes: expressionSyntaxes(),
  });
});

afterAll(() => removeFolder(parent));

async function newCopy(of = SAMPLE): Promise<string> {
  const folder = join(await mkdtemp(join(parent, 'copy-')), 'instance');
  await cp(of, folder, { recursive: true });
  return folder;
}

/** A file system on which the process ends at a call that changes something. */
function endingAt(call: number): { readonly fileSystem: FileSystem; readonly isOver: () => boolean } {
  let calls = 0;
  const step = () => {
    calls += 1;
    if (calls >= call) throw new Error('the process has ended');
  };
  const changing = <Arguments extends unknown[], Result>(work: (...words: Arguments) => Promise<Result>) => {
    return async (...words: Arguments) => {
      step();
      return work(...words);
    };
  };
  const fileSystem: FileSystem = {
    ...nodeFileSystem,
    rename: changing(nodeFileSystem.rename),
    remove: changing(nodeFileSystem.remove),
    syncFolder: changing(nodeFileSystem.syncFolder),
    async open(path, use) {
      if (use !== 'read') step();
      const file = await nodeFileSystem.open(path, use);
      return Object.assign(Object.create(file), {
        read: (into: Uint8Array, position: number) => file.read(into, position),
        write: changing((octets: Uint8Array, position: number) => file.write(octets, position)),
        truncate: changing((length: number) => file.truncate(length)),
        sync: changing(() => file.sync()),
        close: () => file.close(),
      });
    },
  };
  return { fileSystem, isOver: () => calls >= call };
}

/** All entries and changes that a reader of the files sees. */
async function contentOf(folder: string, values: StoredValues): Promise<string> {
  const config = join(folder, 'config');
  const snapshot = await readSnapshot(nodeFileSystem, config, values);
  expect(snapshot?.isEdited).toBe(false);
  const entries = snapshot?.entries.map((entry) => [entry.dn.toString(), entry.attributes]);
  const commits = [...new HistoryReader(join(config, 'journal'), values).commits(1)];
  return JSON.stringify([entries, commits]);
}

/** Files with a text, packed ones too, but for the keys. */
async function filesWith(text: string, folder: string): Promise<readonly string[]> {
  const found: string[] = [];
  for (const file of await readdir(folder, { recursive: true, withFileTypes: true })) {
    const path = join(file.parentPath, file.name);
    if (!file.isFile() || path.includes('/keys/')) continue;
    const octets = await readFile(path);
    const isPacked = octets[0] === 0x1f && octets[1] === 0x8b;
    if ((isPacked ? gunzipSync(octets) : octets).toString('latin1').replaceAll('\n ', '').includes(text))
      found.push(path.slice(folder.length + 1));
  }
  return found;
}

const openIn = (folder: string) => openValues({ folder, environment: {}, schema });

describe('the first start of an instance of 0.1.0', () => {
  it('encrypts all of its files, and may end at any moment', async () => {
    const before = await contentOf(SAMPLE, VALUES_AS_STORED);
    expect((await filesWith(SECRET, SAMPLE)).length).toBeGreaterThan(0);
    for (let call = 1; ; call += 5) {
      const folder = await newCopy();
      const { fileSystem, isOver } = endingAt(call);
      const first = await openIn(folder);
      await encryptInstance({ folder, open: first, now, log: NO_LOG, fileSystem }).catch(() => {});
      // What is there in between can be read with the keys that are there.
      expect(await contentOf(folder, (await openIn(folder)).values), `call ${call}`).toBe(before);
      const values = await encryptInstance({ folder, open: await openIn(folder), now, log: NO_LOG });
      expect(values.keys.isSettled).toBe(true);
      expect(await filesWith(SECRET, folder), `call ${call}`).toEqual([]);
      expect(await contentOf(folder, values), `call ${call}`).toBe(before);
      await removeFolder(folder);
      if (!isOver()) break;
    }
  });
});

describe('a new data key', () => {
  it('encrypts all files again, and may be interrupted at any moment', async () => {
    const encrypted = await newCopy();
    const first = await encryptInstance({
      folder: encrypted,
      open: await openIn(encrypted),
      now,
      log: NO_LOG,
    });
    const before = await contentOf(encrypted, first);
    expect((await filesWith(`}${first.keyId}:`, encrypted)).length).toBeGreaterThan(2);
    for (let call = 1; ; call += 5) {
      const folder = await newCopy(encrypted);
      const place = { configFolder: join(folder, 'config'), environment: {} };
      const present = await openKeys(place);
      const keys = present.keys.withNewKey();
      await writeDataKeys(place.configFolder, keys, [present.master]);
      const { fileSystem, isOver } = endingAt(call);
      const open = { keys: { ...present, keys }, values: valuesOf(keys, schema) };
      await encryptInstance({ folder, open, now, log: NO_LOG, fileSystem }).catch(() => {});
      expect(await contentOf(folder, (await openIn(folder)).values), `call ${call}`).toBe(before);
      const values = await encryptInstance({ folder, open: await openIn(folder), now, log: NO_LOG });
      expect(values.keys.all.map(({ id }) => id)).toEqual([keys.current.id]);
      expect(await filesWith(`}${first.keyId}:`, folder), `call ${call}`).toEqual([]);
      expect(await contentOf(folder, values), `call ${call}`).toBe(before);
      await removeFolder(folder);
      if (!isOver()) break;
    }
  });

  it('and a new master key are made by commands, and the former ones are of no use then', async () => {
    const folder = await newCopy();
    const first = await encryptInstance({ folder, open: await openIn(folder), now, log: NO_LOG });
    const before = await contentOf(folder, first);
    const words = ['--instance', folder];
    const rotated = await runHere(['rotate-key', ...words]);
    expect(rotated).toMatchObject({ code: 0, stdout: expect.stringContaining('with the new data key') });
    expect(await filesWith(`}${first.keyId}:`, folder)).toEqual([]);
    const master = join(folder, 'config', 'keys', 'master.key');
    const former = join(parent, 'former.key');
    await copyFile(master, former);
    const replaced = await runHere(['rotate-key', '--master', ...words]);
    expect(replaced).toMatchObject({ code: 0, stdout: expect.stringContaining('holds the new master key') });
    expect(await contentOf(folder, (await openIn(folder)).values)).toBe(before);
    const place = { configFolder: join(folder, 'config'), environment: { CONFDIT_MASTER_KEY_FILE: former } };
    await expect(readKeys(place)).rejects.toThrow('is not the master key of this instance');

    // One that lies elsewhere is replaced in two steps: both open the instance until a start with the new one.
    const elsewhere = { ...place, environment: { CONFDIT_MASTER_KEY_FILE: join(parent, 'new.key') } };
    await writeFile(former, await readFile(master));
    const named = ['rotate-key', '--master', '--new-key-file', join(parent, 'new.key'), ...words];
    const pending = await runHere(named, { environment: place.environment });
    expect(pending).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('open with the new master key'),
    });
    const opened = await readKeys(elsewhere);
    expect(opened?.keys.current.id).toBe((await readKeys(place))?.keys.current.id);
    const open = await openValues({ folder, environment: elsewhere.environment, schema });
    await encryptInstance({ folder, open, now, log: NO_LOG });
    await expect(readKeys(place)).rejects.toThrow('is not the master key of this instance');
    expect(
      await contentOf(
        folder,
        (await openValues({ ...open, folder, environment: elsewhere.environment, schema })).values,
      ),
    ).toBe(before);
  });
});

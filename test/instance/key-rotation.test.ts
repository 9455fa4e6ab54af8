// An instance whose files are encrypted for the first time, or with a new key, by a process that may end at any moment.

import { existsSync } from 'node:fs';
import { copyFile, cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expressionSyntaxes } from '../../src/config/expression-syntaxes.ts';
import { type FileSystem, nodeFileSystem } from '../../src/files/file-system.ts';
import { writeMembership } from '../../src/instance/cluster/membership.ts';
import { readSchemaFiles } from '../../src/instance/instance.ts';
import { readKeys } from '../../src/instance/keys/instance-keys.ts';
import { rotateDataKey, rotateMasterKey } from '../../src/instance/keys/rotate-keys.ts';
import { encryptInstance, openValues } from '../../src/instance/keys/stored-secrets.ts';
import { Schema } from '../../src/schema/schema.ts';
import { type StoredValues, VALUES_AS_STORED } from '../../src/store/encryption/stored-values.ts';
import { HistoryReader } from '../../src/store/history-reader.ts';
import { readSnapshot } from '../../src/store/snapshot.ts';
import { runHere } from '../support/confdit-program.ts';
import { removeFolder } from '../support/folders.ts';
import { SAMPLES } from '../support/sample-instance.ts';

const SECRET = 'sample-stored-password';
/** Files in memory, where there are some: nothing here asks for more of a sync than its place among the steps. */
const MEMORY = '/dev/shm';
/** In no file. */
const NOTHING = 'a text that no file has';
const SAMPLE = join(SAMPLES, '0.1.0', 'instance');
const NO_LOG = { info: () => {}, warn: () => {} };
const now = () => new Date('2026-11-30T09:00:00.000Z');

let parent: string;
let schema: Schema;

beforeAll(async () => {
  parent = await mkdtemp(join(existsSync(MEMORY) ? MEMORY : tmpdir(), 'confdit-rotation-'));
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

/** Files of an instance that are not of its schema, with their content, by path. */
type State = ReadonlyMap<string, Buffer>;

async function stateOf(folder: string): Promise<State> {
  const files = new Map<string, Buffer>();
  for (const top of ['config', 'tasks']) {
    const found = await readdir(join(folder, top), { recursive: true, withFileTypes: true });
    for (const file of found) {
      const path = join(file.parentPath, file.name);
      if (file.isFile()) files.set(path.slice(folder.length + 1), await readFile(path));
    }
  }
  return files;
}

/** Makes the files of an instance what they were. */
async function restore(folder: string, state: State): Promise<void> {
  for (const path of (await stateOf(folder)).keys()) if (!state.has(path)) await rm(join(folder, path));
  for (const [path, content] of state) await writeFile(join(folder, path), content);
}

function isSame(one: State, other: State | undefined): boolean {
  if (one.size !== other?.size) return false;
  return [...one].every(([path, content]) => other.get(path)?.equals(content) === true);
}

/**
 * A file system that calls `before` ahead of each call that changes something, and in the middle of each write. What is on
 * the disk at that moment is what a process leaves that is killed there.
 */
function watched(before: () => Promise<void>): FileSystem {
  const changing = <Arguments extends unknown[], Result>(work: (...words: Arguments) => Promise<Result>) => {
    return async (...words: Arguments) => {
      await before();
      return work(...words);
    };
  };
  return {
    ...nodeFileSystem,
    rename: changing(nodeFileSystem.rename),
    remove: changing(nodeFileSystem.remove),
    syncFolder: changing(nodeFileSystem.syncFolder),
    async open(path, use) {
      if (use !== 'read') await before();
      const file = await nodeFileSystem.open(path, use);
      return Object.assign(Object.create(file), {
        read: (into: Uint8Array, position: number) => file.read(into, position),
        write: changing(async (octets: Uint8Array, position: number) => {
          const half = await file.write(octets.subarray(0, octets.length >> 1), position);
          await before();
          return half + (await file.write(octets.subarray(half), position + half));
        }),
        truncate: changing((length: number) => file.truncate(length)),
        sync: changing(() => file.sync()),
        close: () => file.close(),
      });
    },
  };
}

/** Runs the work, and calls `check` in a copy for each state that the files had before one of its steps. */
async function eachStateDuring(
  folder: string,
  work: (fileSystem: FileSystem) => Promise<unknown>,
  check: (folder: string, step: string) => Promise<void>,
): Promise<void> {
  const states: State[] = [];
  const look = async () => {
    const state = await stateOf(folder);
    // Most steps make what is there durable, and change nothing that another process sees.
    if (!isSame(state, states.at(-1))) states.push(state);
  };
  await work(watched(look));
  expect(states.length).toBeGreaterThan(5);
  const copy = await newCopy(folder);
  for (const [index, state] of states.entries()) {
    await restore(copy, state);
    await check(copy, `state ${index}`);
  }
}

/** Runs the work with a disk that is full from one write on, for each write, and calls `check` with what is there then. */
async function withFullDisk(
  of: string,
  work: (folder: string, fileSystem: FileSystem) => Promise<unknown>,
  check: (folder: string, step: string) => Promise<void>,
): Promise<void> {
  const folder = await newCopy(of);
  const state = await stateOf(folder);
  for (let full = 1, isOver = false; !isOver; full++) {
    await restore(folder, state);
    let steps = 0;
    const { open } = watched(async () => {
      steps += 1;
      if (steps >= full) throw Object.assign(new Error('no space left on device'), { code: 'ENOSPC' });
    });
    await work(folder, { ...nodeFileSystem, open }).catch(() => {});
    await check(folder, `write ${full}`);
    isOver = steps < full;
  }
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

/** A start on what an interruption has left: it is read, encrypted to its end, and is the same as before. */
async function expectWhole(folder: string, before: string, gone: string, step: string): Promise<void> {
  // What is there in between can be read with the keys that are there.
  expect(await contentOf(folder, (await openIn(folder)).values), step).toBe(before);
  const values = await encryptInstance({ folder, open: await openIn(folder), now, log: NO_LOG });
  expect(values.keys.isSettled, step).toBe(true);
  expect(await filesWith(gone, folder), step).toEqual([]);
  expect(await contentOf(folder, values), step).toBe(before);
}

const encrypt = (folder: string, fileSystem: FileSystem) =>
  openIn(folder).then((open) => encryptInstance({ folder, open, now, log: NO_LOG, fileSystem }));

const optionsFor = (folder: string, fileSystem: FileSystem) => ({
  choice: { instance: folder, definitions: [] },
  environment: {},
  now,
  log: NO_LOG,
  fileSystem,
});

describe('the first start of an instance of 0.1.0', () => {
  it('encrypts all of its files, and may be killed at any step', async () => {
    const before = await contentOf(SAMPLE, VALUES_AS_STORED);
    expect((await filesWith(SECRET, SAMPLE)).length).toBeGreaterThan(0);
    const folder = await newCopy();
    await eachStateDuring(
      folder,
      (fileSystem) => encrypt(folder, fileSystem),
      (state, step) => expectWhole(state, before, SECRET, step),
    );
  });

  it('may find the disk full at any step', async () => {
    const before = await contentOf(SAMPLE, VALUES_AS_STORED);
    await withFullDisk(SAMPLE, encrypt, (state, step) => expectWhole(state, before, SECRET, step));
  });
});

describe('a new key', () => {
  /** The sample after its first start. */
  let encrypted: string;
  let before: string;
  let formerId: string;

  beforeAll(async () => {
    encrypted = await newCopy();
    const first = await encryptInstance({
      folder: encrypted,
      open: await openIn(encrypted),
      now,
      log: NO_LOG,
    });
    formerId = first.keyId;
    before = await contentOf(encrypted, first);
    expect((await filesWith(`}${formerId}:`, encrypted)).length).toBeGreaterThan(2);
  });

  it('for data encrypts all files again, and the command may be killed at any step', async () => {
    const folder = await newCopy(encrypted);
    const rotate = (fileSystem: FileSystem) => rotateDataKey(optionsFor(folder, fileSystem));
    await eachStateDuring(folder, rotate, async (state, step) => {
      // Before the new key is there, the old one stays.
      const isBegun = (await openIn(state)).keys.keys.current.id !== formerId;
      await expectWhole(state, before, isBegun ? `}${formerId}:` : NOTHING, step);
    });
    expect(await filesWith(`}${formerId}:`, folder)).toEqual([]);
  });

  it('for keys wraps the data key again, and the command may be killed at any step', async () => {
    const folder = await newCopy(encrypted);
    const formerMaster = (await openIn(folder)).keys.master.id;
    const rotate = (fileSystem: FileSystem) => rotateMasterKey(optionsFor(folder, fileSystem));
    await eachStateDuring(folder, rotate, (state, step) => expectWhole(state, before, NOTHING, step));
    const { master, masters } = (await openIn(folder)).keys;
    expect(masters).toEqual([master.id]);
    expect(master.id).not.toBe(formerMaster);
  });

  it('for keys is refused to a server of a cluster', async () => {
    const folder = await newCopy(encrypted);
    const formerMaster = (await openIn(folder)).keys.master.id;
    await writeMembership(join(folder, 'config'), '7d3ea4ac-33a8-4d5a-8d7d-64dc5e0b9f4b');
    expect(await runHere(['rotate-key', '--master', '--instance', folder])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('belongs to a cluster'),
    });
    expect((await openIn(folder)).keys.master.id).toBe(formerMaster);
  });

  it('of each kind is made by a command, and the former ones are of no use then', async () => {
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

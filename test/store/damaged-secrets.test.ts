// One bit that has changed in an encrypted value: nobody gets another value than the one that was stored, and the sentence
// names the entry and the attribute.

import { mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { nodeFileSystem } from '../../src/files/file-system.ts';
import { Attribute } from '../../src/ldap/entry.ts';
import { listArchives, readArchive, readArchivedEntries } from '../../src/store/archive.ts';
import { DataKeys } from '../../src/store/encryption/data-keys.ts';
import { rewriteLdif } from '../../src/store/encryption/rewrite-ldif.ts';
import { EncryptedValues, type SecretRules } from '../../src/store/encryption/stored-values.ts';
import { HistoryReader } from '../../src/store/history-reader.ts';
import { openLdifStore } from '../../src/store/ldif-store.ts';
import { KEEP_ALL } from '../../src/store/retention.ts';
import { readSnapshot } from '../../src/store/snapshot.ts';
import { checkStore } from '../../src/store/store-check.ts';
import { StoreError } from '../../src/store/store-error.ts';
import { removeFolder } from '../support/folders.ts';
import { allOf, commit, entry, openStore, temporaryFolder } from './store-support.ts';

const ATTRIBUTE = 'ds-cfg-auth-password';
const SECRET = 'a password';
const RULES: SecretRules = {
  isSecret: (description) => description.toLowerCase() === ATTRIBUTE,
  isReadable: () => false,
  isMarked: () => false,
};

let folder: string;
let values: EncryptedValues;
const secret = entry('S', { [ATTRIBUTE]: SECRET });
const NAME = secret.dn.toString();

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'confdit-damaged-'));
  values = new EncryptedValues(DataKeys.generate().settled(), RULES);
  const { store } = await openLdifStore({
    folder,
    values,
    log: { warn: () => undefined, error: () => undefined },
    now: () => new Date('2026-11-30T09:00:00.000Z'),
    retention: KEEP_ALL,
  });
  await store.append([commit(1, [{ type: 'add', entry: secret }])]);
  await store.snapshot([secret], 1);
  await store.close();
});

afterAll(() => removeFolder(folder));

/** All texts that differ from one in one bit of a part of it. */
function* flips(text: string, part = text): Generator<string, void> {
  const start = text.indexOf(part);
  for (let at = start; at < start + part.length; at++)
    for (let bit = 0; bit < 7; bit++) {
      const octet = text.charCodeAt(at) ^ (1 << bit);
      yield text.slice(0, at) + String.fromCharCode(octet) + text.slice(at + 1);
    }
}

function outcomeOf(work: () => readonly string[]): string {
  try {
    return work().join();
  } catch (error) {
    if (error instanceof StoreError) return error.message;
    throw error;
  }
}

async function outcomeOfReading(work: () => Promise<readonly string[]>): Promise<string> {
  try {
    return (await work()).join();
  } catch (error) {
    if (error instanceof StoreError) return error.message;
    throw error;
  }
}

/** The last bits of the last digit of base64 mean nothing. */
const NOT_MEANT = [SECRET];

describe('a bit that has changed in an encrypted value', () => {
  it('is noticed by whoever reads the value, and by whoever rewrites its file', () => {
    const [stored = ''] = values.encrypt(NAME, new Attribute(ATTRIBUTE, [SECRET])).values;
    expect(outcomeOf(() => values.decrypt(NAME, new Attribute(ATTRIBUTE, [stored])).values)).toBe(SECRET);
    for (const flipped of flips(stored)) {
      const read = outcomeOf(() => values.decrypt(NAME, new Attribute(ATTRIBUTE, [flipped])).values);
      if (!NOT_MEANT.includes(read))
        expect(read, flipped).toContain(`${NAME}: the stored value of ${ATTRIBUTE} `);
      if (flipped.includes('\n') || flipped.includes('\r')) continue;
      const { clear, unreadable } = rewriteLdif(
        Buffer.from(`dn: ${NAME}\n${ATTRIBUTE}: ${flipped}\n`, 'latin1'),
        values,
      );
      expect([clear, unreadable.length], flipped).toEqual([[], read === SECRET ? 0 : 1]);
    }
  });

  it('keeps the configuration from being read, with and without its checksum', async () => {
    const path = join(folder, 'config.ldif');
    const text = await readFile(path, 'latin1');
    const stored = /\{AES256-GCM\}\S+/.exec(text)?.[0] ?? '';
    for (const hasHeader of [true, false]) {
      const file = hasHeader ? text : text.slice(text.indexOf('\n') + 1);
      for (const flipped of flips(file, stored)) {
        await writeFile(path, flipped, 'latin1');
        const read = await outcomeOfReading(async () => {
          const snapshot = await readSnapshot(nodeFileSystem, folder, values);
          return snapshot?.entries.flatMap((one) => one.values(ATTRIBUTE)) ?? [];
        });
        // A line that is broken in two is no LDIF, and the sentence says in which line.
        const isLdif = !/line \d+/i.test(read);
        if (isLdif && !NOT_MEANT.includes(read))
          expect(read).toContain(`${NAME}: the stored value of ${ATTRIBUTE} `);
      }
    }
    await writeFile(path, text, 'latin1');
  });

  it('keeps the past from being read', async () => {
    const path = join(folder, 'journal', 'journal-000000000001.ldif');
    const text = await readFile(path, 'latin1');
    const stored = /\{AES256-GCM\}\S+/.exec(text)?.[0] ?? '';
    const past = () =>
      outcomeOf(() =>
        [...new HistoryReader(join(folder, 'journal'), values).commits(1)].map((one) => JSON.stringify(one)),
      );
    expect(past()).toContain(SECRET);
    for (const flipped of flips(text, stored)) {
      await writeFile(path, flipped, 'latin1');
      expect(past(), flipped).not.toContain(ATTRIBUTE);
    }
    await writeFile(path, text, 'latin1');
    const archives = join(folder, 'archived-configs');
    const number = (await listArchives(nodeFileSystem, archives)).at(-1) ?? 0;
    const { entries } = await readArchive(nodeFileSystem, archives, number, values);
    expect(entries.flatMap((one) => one.values(ATTRIBUTE))).toEqual([SECRET]);
    const read = () => allOf(readArchivedEntries(nodeFileSystem, archives, number, values));
    expect((await read()).flat().flatMap((one) => one.values(ATTRIBUTE))).toEqual([SECRET]);
    const [packed = ''] = (await readdir(archives)).filter((name) => name.includes(`${number}.ldif`));
    const archive = join(archives, packed);
    const octets = await readFile(archive);
    const content = gunzipSync(octets);
    content[content.length - 2] = (content.at(-2) ?? 0) ^ 1;
    await writeFile(archive, gzipSync(content));
    await expect(read()).rejects.toThrow('is not as the server wrote it');
    await writeFile(archive, octets);
  });

  it('moves no value to another entry or attribute', () => {
    const [stored = ''] = values.encrypt(NAME, new Attribute(ATTRIBUTE, [SECRET])).values;
    const moved = new Attribute(ATTRIBUTE, [stored]);
    expect(() => values.decrypt('cn=T,cn=config', moved)).toThrow(
      `cn=T,cn=config: the stored value of ${ATTRIBUTE} cannot be decrypted`,
    );
    expect(values.decrypt(NAME, new Attribute('description', [stored])).values).toEqual([stored]);
    expect(values.decrypt(NAME.toUpperCase().replace(',', ' , '), moved).values).toEqual([SECRET]);
  });
});

describe('a key that the values were not encrypted with', () => {
  it('is told by a check, of the snapshot and of its archive', async () => {
    const others = new EncryptedValues(DataKeys.generate().settled(), RULES);
    expect((await checkStore(nodeFileSystem, folder, values)).problems).toEqual([]);
    const { problems } = await checkStore(nodeFileSystem, folder, others);
    expect(problems.map(({ path, problem }) => [path, problem])).toContainEqual([
      join(folder, 'config.ldif'),
      expect.stringContaining(`config.ldif cannot be used. ${NAME}: the stored value of ${ATTRIBUTE} `),
    ]);
    expect(problems.map(({ path }) => path)).toContainEqual(expect.stringContaining('archived-configs'));
  });

  it('is known by the first line of the snapshot, which names the key', async () => {
    const [first = ''] = (await readFile(join(folder, 'config.ldif'), 'utf8')).split('\n', 1);
    expect(first).toContain(` encrypted ${values.keyId} crc32 `);
    const clear = await temporaryFolder();
    const { store } = await openStore(clear);
    await store.snapshot([secret], 0);
    expect((await readFile(join(clear, 'config.ldif'), 'utf8')).split('\n', 1)[0]).not.toContain(
      ' encrypted ',
    );
  });
});

// The files of an instance whose clear secrets are encrypted, packed or not.

import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { nodeFileSystem } from '../../src/files/file-system.ts';
import { DataKeys } from '../../src/store/encryption/data-keys.ts';
import {
  findClearValues,
  type RewrittenFile,
  rewriteFiles,
} from '../../src/store/encryption/rewrite-files.ts';
import { EncryptedValues } from '../../src/store/encryption/stored-values.ts';
import { allOf, temporaryFolder } from './store-support.ts';

const ATTRIBUTE = 'ds-cfg-auth-password';
const CLEAR = `dn: cn=A,cn=config\ncn: A\n${ATTRIBUTE}: a password\n`;
const VALUES = new EncryptedValues(DataKeys.generate().settled(), {
  isSecret: (description) => description === ATTRIBUTE,
  isReadable: () => false,
  isMarked: () => false,
});

async function rewritten(...paths: string[]): Promise<RewrittenFile[]> {
  const files = { fileSystem: nodeFileSystem, paths, values: VALUES };
  return allOf(rewriteFiles(files));
}

describe('a file with a clear secret', () => {
  it.each([
    ['plain.ldif', (text: string) => Buffer.from(text), (octets: Buffer) => octets.toString()],
    ['packed.ldif.gz', (text: string) => gzipSync(text), (octets: Buffer) => gunzipSync(octets).toString()],
  ])('%s keeps its form, and has the value encrypted', async (name, pack, unpack) => {
    const path = join(await temporaryFolder(), name);
    await writeFile(path, pack(CLEAR));
    const found = { dn: 'cn=A,cn=config', attribute: ATTRIBUTE };
    expect(await findClearValues(path, { fileSystem: nodeFileSystem, values: VALUES })).toEqual([found]);
    expect(await rewritten(path)).toEqual([{ path, clear: [found], unreadable: [], isChanged: true }]);
    const text = unpack(await readFile(path));
    expect(text).toMatch(/^dn: cn=A,cn=config\ncn: A\nds-cfg-auth-password: \{AES256-GCM\}\S+\n$/);
    const before = await stat(path);
    expect(await rewritten(path)).toEqual([{ path, clear: [], unreadable: [], isChanged: false }]);
    expect((await stat(path)).ino).toBe(before.ino);
  });

  it('that cannot be unpacked is told, and stays as it is', async () => {
    const path = join(await temporaryFolder(), 'damaged.ldif.gz');
    await writeFile(path, CLEAR);
    const unreadable = [`The file ${path} cannot be unpacked; what it holds is not known.`];
    expect(await rewritten(path)).toEqual([{ path, clear: [], unreadable, isChanged: false }]);
    expect(await readFile(path, 'utf8')).toBe(CLEAR);
  });
});

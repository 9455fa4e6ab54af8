// Backups that are not what they should be: each is refused with a sentence, in bounded time and memory, and what was
// there before stays as it was. Archives are made by hand, octet by octet where it matters.

import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createGzip, gunzipSync, gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { Header, type HeaderData, Pax } from 'tar';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { FileError } from '../../src/files/file-error.ts';
import { makeBackup } from '../../src/instance/backup.ts';
import { restoreBackup, verifyBackup } from '../../src/instance/restore.ts';
import { runConfdit } from '../support/confdit-program.ts';
import { removeFolder } from '../support/folders.ts';
import { startServer } from '../support/start-server.ts';

const BLOCK = 512;
const NOW = new Date('2026-11-29T10:00:00Z');

interface Member {
  readonly name: string;
  readonly content: Buffer;
  readonly header?: HeaderData;
  /** Changes the header once it is made; the sum is put right afterwards. */
  readonly spoil?: (header: Buffer) => void;
}

interface Backup {
  readonly members: readonly Member[];
  readonly manifest: { version: string; at: string; number: number; files: Record<string, string> };
}

let good: Buffer;
let backup: Backup;

beforeAll(async () => {
  const server = await startServer();
  await server.stop();
  good = (await makeBackup(server.folder, NOW)).octets;
  const members = membersOf(gunzipSync(good));
  const list: unknown = JSON.parse(members.at(-1)?.content.toString() ?? '');
  backup = { members: members.slice(0, -1), manifest: Object(list) };
});

function membersOf(archive: Buffer): Member[] {
  const members: Member[] = [];
  for (let at = 0; archive[at] !== 0; ) {
    const { path = '', size = 0 } = new Header(archive, at);
    members.push({ name: path, content: archive.subarray(at + BLOCK, at + BLOCK + size) });
    at += BLOCK + Math.ceil(size / BLOCK) * BLOCK;
  }
  return members;
}

function pack(members: readonly Member[]): Buffer {
  const parts = members.flatMap(({ name, content, header, spoil }) => {
    const block = Buffer.alloc(BLOCK);
    const data: HeaderData = {
      path: name,
      size: content.length,
      mode: 0o600,
      mtime: NOW,
      type: 'File',
      ...header,
    };
    new Header(data).encode(block);
    spoil?.(block);
    if (spoil !== undefined) correctSum(block);
    return [block, content, Buffer.alloc((BLOCK - (content.length % BLOCK)) % BLOCK)];
  });
  return Buffer.concat([...parts, Buffer.alloc(2 * BLOCK)]);
}

function correctSum(block: Buffer): void {
  block.fill(' ', 148, 156);
  const sum = block.reduce((total, octet) => total + octet, 0);
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
}

function listOf(manifest: unknown): Member {
  return { name: 'confdit-backup.json', content: Buffer.from(JSON.stringify(manifest)) };
}

const digest = (content: Buffer) => createHash('sha256').update(content).digest('hex');

/** What comes behind the files, or between them, is listed as if it belonged there. */
function withMember(member: Member): Buffer {
  const { members, manifest } = backup;
  const files = { ...manifest.files, [member.name]: digest(member.content) };
  return pack([...members, member, listOf({ ...manifest, files })]);
}

const content = Buffer.from('something');
const first = () => backup.members[0] ?? { name: '', content };

const WRONG: readonly (readonly [what: string, archive: () => Buffer, says: string])[] = [
  ['no list', () => pack(backup.members), 'its list of files is missing'],
  ['a list that is null', () => pack([...backup.members, listOf(null)]), '"version" is missing or wrong'],
  ['a list that is text', () => pack([...backup.members, listOf('x')]), '"version" is missing or wrong'],
  [
    'a list without files',
    () => pack([...backup.members, listOf({ ...backup.manifest, files: undefined })]),
    '"files" is missing',
  ],
  [
    'a list of files that is a list',
    () => pack([...backup.members, listOf({ ...backup.manifest, files: [] })]),
    '"files" is missing',
  ],
  [
    'a checksum that is a number',
    () => pack([...backup.members, listOf({ ...backup.manifest, files: { x: 1 } })]),
    'no checksum for "x"',
  ],
  [
    'a time that is none',
    () => pack([...backup.members, listOf({ ...backup.manifest, at: 7 })]),
    '"at" is missing or wrong',
  ],
  [
    'a number that is negative',
    () => pack([...backup.members, listOf({ ...backup.manifest, number: -1 })]),
    '"number" is missing or wrong',
  ],
  [
    'a number that is too high',
    () => pack([...backup.members, listOf({ ...backup.manifest, number: 2 })]),
    'says that it goes through change 2',
  ],
  ['no JSON', () => pack([...backup.members, { ...listOf(1), content: Buffer.from('{') }]), 'is not JSON'],
  [
    'two lists',
    () => pack([listOf(backup.manifest), ...backup.members, listOf(backup.manifest)]),
    'is not its last file',
  ],
  [
    'a file twice, another not at all',
    () => pack([first(), first(), ...backup.members.slice(2), listOf(backup.manifest)]),
    'twice',
  ],
  [
    'a file less',
    () => pack([...backup.members.slice(1), listOf(backup.manifest)]),
    'is in its list of files, and not in it',
  ],
  [
    'a file more',
    () => pack([...backup.members, { name: 'more', content }, listOf(backup.manifest)]),
    'not in its list of files',
  ],
  [
    'a changed file',
    () => pack([{ ...first(), content }, ...backup.members.slice(1), listOf(backup.manifest)]),
    'does not have the checksum',
  ],
  ['a name that leads out', () => withMember({ name: '../out', content }), 'outside of the instance'],
  [
    'a name that leads out later',
    () => withMember({ name: 'a/../../out', content }),
    'outside of the instance',
  ],
  ['an absolute name', () => withMember({ name: '/etc/out', content }), 'outside of the instance'],
  [
    'a name with a control character',
    () => withMember({ name: 'a\u001bb', content }),
    'outside of the instance',
  ],
  [
    'a symbolic link',
    () =>
      withMember({
        name: 'link',
        content: Buffer.alloc(0),
        header: { type: 'SymbolicLink', linkpath: '/etc' },
      }),
    'no regular file',
  ],
  [
    'a hard link',
    () =>
      withMember({
        name: 'link',
        content: Buffer.alloc(0),
        header: { type: 'Link', linkpath: '/etc/passwd' },
      }),
    'no regular file',
  ],
  [
    'a FIFO',
    () => withMember({ name: 'fifo', content: Buffer.alloc(0), header: { type: 'FIFO' } }),
    'no regular file',
  ],
  [
    'a negative size',
    () => withMember({ name: 'minus', content, spoil: (block) => block.fill(0xff, 124, 136) }),
    'damaged',
  ],
  [
    'a size beyond all files',
    () =>
      withMember({ name: 'large', content, spoil: (block) => block.write('77777777777\0', 124, 'latin1') }),
    'damaged',
  ],
  [
    'a size that is no number',
    () => withMember({ name: 'nan', content, spoil: (block) => block.write('zzzzzzzzzzz\0', 124, 'latin1') }),
    'damaged',
  ],
  [
    'a wrong sum of a header',
    () => {
      const archive = pack([...backup.members, listOf(backup.manifest)]);
      archive[150] = 0x37;
      return archive;
    },
    'damaged',
  ],
  ['no end', () => pack([...backup.members, listOf(backup.manifest)]).subarray(0, -2 * BLOCK), 'end mark'],
  ['an archive in an archive', () => gzipSync(Buffer.alloc(1000)), 'compressed twice'],
];

async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'confdit-restore-'));
  onTestFinished(() => removeFolder(folder));
  return folder;
}

describe('a backup', () => {
  it.each(WRONG)('with %s is refused, and nothing has changed', async (_what, archive, says) => {
    const parent = await temporaryFolder();
    const instance = join(parent, 'instance');
    await mkdir(instance);
    await writeFile(join(instance, 'mine'), 'as it was');
    const error = await restoreBackup([gzipSync(archive())], { instance, now: NOW }).catch(
      (reason: unknown) => reason,
    );
    expect(error).toBeInstanceOf(FileError);
    expect(String(error)).toContain(says);
    expect(await readdir(parent)).toEqual(['instance']);
    expect(await readFile(join(instance, 'mine'), 'utf8')).toBe('as it was');
  });

  it('made by hand of the same files is whole', async () => {
    const manifest = await verifyBackup([gzipSync(pack([...backup.members, listOf(backup.manifest)]))]);
    expect(manifest.files.size).toBe(backup.members.length);
  });

  it('has long names too', async () => {
    const name = `${'n'.repeat(120)}/${'m'.repeat(120)}`;
    const list = { ...backup.manifest, files: { ...backup.manifest.files, [name]: digest(content) } };
    const archive = Buffer.concat([
      pack(backup.members).subarray(0, -2 * BLOCK),
      new Pax({ path: name }).encode(),
      pack([{ name: 'short', content }, listOf(list)]),
    ]);
    expect((await verifyBackup([gzipSync(archive)])).files.has(name)).toBe(true);
  });

  it('that unpacks to more than there is memory is refused by the command in a small heap', async () => {
    const folder = await temporaryFolder();
    const file = join(folder, 'bomb.tar.gz');
    await writeFile(file, await bomb());
    const environment = {
      NODE_OPTIONS: '--max-old-space-size=64',
      CONFDIT_INSTANCE: join(folder, 'instance'),
    };
    const { code, stderr } = await runConfdit(['restore', file], { environment });
    expect([code, stderr]).toEqual([2, expect.stringContaining('is larger than')]);
    expect(await readdir(folder)).toEqual(['bomb.tar.gz']);
  });

  it('that was changed anywhere is refused, or holds what it held', async () => {
    const archive = gunzipSync(good);
    const at = fc.integer({ min: 0, max: archive.length - 1 });
    const spoilt = fc.array(fc.tuple(at, fc.integer({ min: 1, max: 255 })), { minLength: 1, maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(spoilt, fc.option(at), async (changes, cut) => {
        const changed = Buffer.from(archive);
        for (const [index, mask] of changes) changed[index] = (changed[index] ?? 0) ^ mask;
        const octets = gzipSync(cut === null ? changed : changed.subarray(0, cut), { level: 1 });
        const outcome = await verifyBackup([octets]).catch((error: unknown) => error);
        if (outcome instanceof FileError) return;
        expect(outcome).toMatchObject({ files: new Map(Object.entries(backup.manifest.files)) });
      }),
      { numRuns: 60 },
    );
  });
});

/** A list of files of a gibibyte. */
async function bomb(): Promise<Buffer> {
  const size = 1024 * 1024 * 1024;
  const zip = createGzip({ level: 1 });
  const block = Buffer.alloc(BLOCK);
  new Header({ path: 'confdit-backup.json', size, mode: 0o600, mtime: NOW, type: 'File' }).encode(block);
  zip.write(block);
  const piece = Buffer.alloc(16 * 1024 * 1024, ' ');
  for (let at = 0; at < size; at += piece.length) zip.write(piece);
  zip.end(Buffer.alloc(2 * BLOCK));
  const pieces: Buffer[] = [];
  for await (const one of zip) pieces.push(Buffer.from(one));
  return Buffer.concat(pieces);
}

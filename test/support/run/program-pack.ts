// Packs the program into few files. The source has eight hundred, the tests start it more than a thousand times, and to find
// and load the modules was half of each start. Each run of the tests makes the pack from the source as it is then;
// program-path.ts says who runs it.

import { createHash } from 'node:crypto';
import { chmod, mkdir, mkdtemp, readdir, rename, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { rolldown } from 'rolldown';
import type { TestProject } from 'vitest/node';
import { errorCode } from '../../../src/files/file-error.ts';
import { removeFolder } from '../folders.ts';
import { programPath } from './program-path.ts';

const PACKS = fileURLToPath(new URL('../../../node_modules/.cache/confdit-packs', import.meta.url));
/** As deep as in the project: from its own place the first file finds that of what the runtime has compiled. */
const FOLDER = join('src', 'bin');
const NAME_LENGTH = 16;
const UNUSED_MS_MAX = 86_400_000;
/** All files of the project but the first one. */
const PLACED = /\/src\/(?!bin\/confdit\.ts$)/;

interface PackedFile {
  readonly name: string;
  readonly text: string | Uint8Array;
}

/** What vitest calls before a run; in watch mode the source is packed again after each change. */
export default async function setUp(project: TestProject): Promise<void> {
  const pack = async () => {
    process.env.CONFDIT_PROGRAM_PACK = await packProgram();
  };
  project.onTestsRerun(pack);
  await pack();
}

/** Returns the file to run. */
export async function packProgram(): Promise<string> {
  const build = await rolldown({
    input: { confdit: programPath(true) },
    platform: 'node',
    plugins: [{ name: 'place', transform: { filter: { code: 'import.meta.url' }, handler: keepPlace } }],
  });
  const { output } = await build.generate({
    entryFileNames: '[name].mjs',
    chunkFileNames: '[name]-[hash].mjs',
    keepNames: true,
  });
  await build.close();
  const files = output.map((file) => ({
    name: file.fileName,
    text: file.type === 'chunk' ? file.code : file.source,
  }));
  const pack = join(PACKS, nameOf(files));
  if (!(await isThere(pack))) await writePack(pack, files);
  await utimes(pack, new Date(), new Date());
  await removeUnused();
  return join(pack, FOLDER, 'confdit.mjs');
}

/** Files of data, and those that run as threads, are found from where the module is in the project. */
function keepPlace(code: string, path: string): string | undefined {
  if (!PLACED.test(path)) return undefined;
  return code.replaceAll('import.meta.url', JSON.stringify(pathToFileURL(path).href));
}

function nameOf(files: readonly PackedFile[]): string {
  const hash = createHash('sha256');
  for (const { name, text } of files) hash.update(`\0${name}\0`).update(text);
  return hash.digest('hex').slice(0, NAME_LENGTH);
}

/** Another run may write the same pack at the same time: the first one that is whole counts. */
async function writePack(pack: string, files: readonly PackedFile[]): Promise<void> {
  await mkdir(PACKS, { recursive: true });
  const making = await mkdtemp(join(PACKS, 'making-'));
  // Some tests run the program as another user.
  await chmod(making, 0o755);
  await mkdir(join(making, FOLDER), { recursive: true });
  for (const { name, text } of files) await writeFile(join(making, FOLDER, name), text);
  try {
    await rename(making, pack);
  } catch (error) {
    await removeFolder(making);
    if (!(await isThere(pack))) throw error;
  }
}

async function isThere(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

async function removeUnused(): Promise<void> {
  for (const name of await readdir(PACKS)) {
    // Another run may give a pack its last name now, or remove it.
    const facts = await stat(join(PACKS, name)).catch(ignoreMissing);
    if (facts !== undefined && Date.now() - facts.mtimeMs > UNUSED_MS_MAX)
      await removeFolder(join(PACKS, name));
  }
}

function ignoreMissing(error: unknown): undefined {
  if (errorCode(error) !== 'ENOENT') throw error;
}

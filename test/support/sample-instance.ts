// Copies of the instances under test/samples/, as earlier versions wrote them. Git keeps neither the rights of files nor
// empty folders, so a copy gets them here.

import { chmod, cp, mkdir, mkdtemp, readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import { removeFolder } from './folders.ts';

export const SAMPLES = fileURLToPath(new URL('../samples', import.meta.url));

/** Copies the instance that this version wrote to a folder of the running test, and returns the folder. */
export async function copySample(version: string): Promise<string> {
  const parent = await mkdtemp(join(tmpdir(), 'confdit-sample-'));
  onTestFinished(() => removeFolder(parent));
  const folder = join(parent, 'instance');
  await cp(join(SAMPLES, version, 'instance'), folder, { recursive: true });
  await mkdir(join(folder, 'mail', 'given-up'), { recursive: true });
  await chmod(folder, 0o700);
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    await chmod(join(entry.parentPath, entry.name), entry.isDirectory() ? 0o700 : 0o600);
  }
  return folder;
}

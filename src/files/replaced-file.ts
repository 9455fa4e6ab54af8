// Replaces a user's file: at every moment its name has the whole old content or the whole new one.

import { chown, open, realpath, rename, rm, stat } from 'node:fs/promises';
import { fileErrorFrom } from './file-error.ts';

/** Replaces the content. Mode, owner and symbolic links are kept. Throws FileError; the file is then unchanged. */
export async function replaceText(path: string, text: string): Promise<void> {
  let temporary: string | undefined;
  try {
    const real = await realpath(path);
    const { mode, uid, gid } = await stat(real);
    temporary = `${real}.${process.pid}.part`;
    const file = await open(temporary, 'wx', mode & 0o7777);
    try {
      await file.chmod(mode & 0o7777);
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
    await chown(temporary, uid, gid);
    await rename(temporary, real);
  } catch (error) {
    if (temporary !== undefined) await rm(temporary, { force: true });
    throw fileErrorFrom(error, `The file ${path} cannot be written`);
  }
}

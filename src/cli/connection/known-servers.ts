// The servers whose certificates somebody has said yes to: a text file of this user, one line a server with its
// host:port and the SHA-256 fingerprint. People may edit it; lines of another form are left as they are.

import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { FILE_MODE, FOLDER_MODE } from '../../files/file-system.ts';
import { UnreadableFile } from '../../files/named-file.ts';
import { Reason } from '../../files/program-error.ts';
import { readText } from '../../files/text.ts';

const FILE_OCTETS_MAX = 1024 * 1024;

export class KnownServers {
  /** The path of the file; undefined where a user without a home can keep nothing. */
  readonly path: string | undefined;

  constructor({ XDG_CONFIG_HOME, HOME }: NodeJS.ProcessEnv) {
    const folder = XDG_CONFIG_HOME || (HOME ? join(HOME, '.config') : undefined);
    this.path = folder === undefined ? undefined : join(folder, 'confdit', 'known-servers');
  }

  /** The fingerprint that was trusted for this `host:port`; of several lines the last. */
  async find(server: string): Promise<string | undefined> {
    const lines = (await this.#read()).split('\n').map((line) => line.trim().split(/\s+/));
    return lines.findLast(([name, fingerprint]) => name === server && fingerprint !== undefined)?.[1];
  }

  /** Rejects with what the file system says. */
  async remember(server: string, fingerprint: string): Promise<void> {
    if (this.path === undefined) throw new Reason('neither XDG_CONFIG_HOME nor HOME says where');
    const text = await this.#read();
    const separator = text === '' || text.endsWith('\n') ? '' : '\n';
    await mkdir(dirname(this.path), { recursive: true, mode: FOLDER_MODE });
    await writeFile(this.path, `${text}${separator}${server} ${fingerprint}\n`, { mode: FILE_MODE });
  }

  async #read(): Promise<string> {
    if (this.path === undefined) return '';
    try {
      return await readText(this.path, FILE_OCTETS_MAX);
    } catch (error) {
      // Nobody was asked yet; whoever cannot read it cannot write it either, and hears of that.
      if (error instanceof UnreadableFile) return '';
      throw error;
    }
  }
}

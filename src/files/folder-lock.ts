// One server for one folder, through a kill -9 and without anything to clean up by hand. Node has no flock, so a lock
// is a listening unix socket in the folder: the kernel stops listening for a process that ends, however it ends.
//
// Each server makes a socket with a name of its own, and then looks whether another one in the folder is listening. Of
// two that start at once, at least one sees the other; if both do, both stop: never do both continue. Sockets of ended
// servers are removed, safely, because no name is used twice. Unlike a Linux abstract socket this also works between
// containers that share a volume. A file system without sockets cannot be locked, and is refused.

import { randomBytes } from 'node:crypto';
import { chmod, type FileHandle, open, readdir, rm } from 'node:fs/promises';
import { connect, createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { errorCode, FileError, fileErrorFrom } from './file-error.ts';
import { FILE_MODE } from './file-system.ts';
import { Reason } from './program-error.ts';

const NAME = /^server-(\d+)-[0-9a-f]{8}\.lock$/;
/** A socket address holds 108 octets on Linux and 104 elsewhere, with the zero that ends it. */
const SOCKET_PATH_OCTETS_MAX = 103;

export interface FolderLock {
  release(): Promise<void>;
}

/** Returns true for the name of a lock, held or left over. */
export function isLockName(name: string): boolean {
  return NAME.test(name);
}

/** Locks a folder. Throws FileError, naming the folder and the process that holds it. */
export async function lockFolder(folder: string): Promise<FolderLock> {
  const lock = new SocketLock(folder, `server-${process.pid}-${randomBytes(4).toString('hex')}.lock`);
  try {
    await lock.take();
    return lock;
  } catch (error) {
    await lock.release();
    throw fileErrorFrom(error, `The folder ${folder} cannot be locked`);
  }
}

class SocketLock implements FolderLock {
  readonly #folder: string;
  readonly #name: string;
  readonly #server: Server;
  /** Open if the folder's path is too long for a socket address: /proc has a short path for it. */
  #handle: FileHandle | undefined;

  constructor(folder: string, name: string) {
    this.#folder = folder;
    this.#name = name;
    this.#server = createServer((socket) => socket.destroy());
  }

  async take(): Promise<void> {
    if (Buffer.byteLength(join(this.#folder, this.#name)) > SOCKET_PATH_OCTETS_MAX) {
      if (process.platform !== 'linux')
        throw new Reason('its path is too long for a socket; use a shorter one');
      this.#handle = await open(this.#folder, 'r');
    }
    await listen(this.#server, this.#address(this.#name));
    this.#server.unref();
    await chmod(join(this.#folder, this.#name), FILE_MODE);
    for (const name of await readdir(this.#folder)) {
      const holder = NAME.exec(name)?.[1];
      if (holder === undefined || name === this.#name) continue;
      if (await isListening(this.#address(name))) {
        throw new FileError(
          `The folder ${this.#folder} is in use by another server, process ${holder}; stop that one first.`,
        );
      }
      await rm(join(this.#folder, name), { force: true });
    }
  }

  async release(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
    await rm(join(this.#folder, this.#name), { force: true }).catch(() => undefined);
    await this.#handle?.close();
    this.#handle = undefined;
  }

  #address(name: string): string {
    return this.#handle === undefined ? join(this.#folder, name) : `/proc/self/fd/${this.#handle.fd}/${name}`;
  }
}

function listen(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, () => {
      server.off('error', reject);
      server.on('error', () => undefined);
      resolve();
    });
  });
}

/** Resolves to true if a process listens, and in doubt (no permission, too many waiting). */
function isListening(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ path });
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', (error) => {
      const code = errorCode(error);
      resolve(code !== 'ECONNREFUSED' && code !== 'ENOENT');
    });
  });
}

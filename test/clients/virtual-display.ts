// A screen that nobody sees, for programs with windows.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Readable } from 'node:stream';

const PROGRAM = 'Xvfb';

export interface VirtualDisplay {
  /** What programs get as DISPLAY. */
  readonly name: string;
  stop(): Promise<void>;
}

/** Resolves when programs can use it; the X server picks a number that is free. */
export async function startVirtualDisplay(): Promise<VirtualDisplay> {
  const words = ['-displayfd', '3', '-screen', '0', '1280x900x24', '-nolisten', 'tcp'];
  const child = spawn(PROGRAM, words, { stdio: ['ignore', 'ignore', 'ignore', 'pipe'] });
  const ended = once(child, 'close');
  const number = await new Promise<string>((resolve, reject) => {
    let text = '';
    const pipe = child.stdio[3] as Readable;
    pipe.setEncoding('utf8').on('data', (part: string) => {
      text += part;
      if (text.endsWith('\n')) resolve(text.trim());
    });
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`${PROGRAM} ended with ${code}.`)));
  });
  return {
    name: `:${number}`,
    stop: async () => {
      child.kill();
      await ended;
    },
  };
}

// The program `confdit` within the process of the test: for many command lines, of which none waits for a terminal.

import { Readable, Writable } from 'node:stream';
import { main } from '../../src/bin/main.ts';
import type { Typed } from './confdit-program.ts';
import type { ProgramResult } from './ldap-tools.ts';

export async function typeConfdit(
  words: readonly string[],
  { input = '', environment = {} }: Typed = {},
): Promise<ProgramResult> {
  const stdout = new Captured();
  const stderr = new Captured();
  const seen: Record<string, unknown> = {
    argv: ['node', 'confdit', ...words],
    env: { HOME: '/nonexistent', ...environment },
    stdin: Readable.from([Buffer.from(input)]),
    stdout,
    stderr,
  };
  const fake = new Proxy(process, {
    get(target, name) {
      if (typeof name === 'string' && Object.hasOwn(seen, name)) return seen[name];
      const member: unknown = Reflect.get(target, name);
      return typeof member === 'function' ? member.bind(target) : member;
    },
  });
  const code = await main(fake);
  return { code, stdout: stdout.text, stderr: stderr.text };
}

class Captured extends Writable {
  text = '';

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.text += chunk.toString();
    done();
  }
}

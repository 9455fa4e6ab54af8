// OpenLDAP's command line clients against a server: what administrators type. Each call is one process with one
// connection; what a client says is given back as it is.

import { spawn } from 'node:child_process';
import { readLdif } from '../../src/codec/ldif-reader.ts';
import type { Entry } from '../../src/ldap/entry.ts';
import type { RunningServer } from './server-process.ts';

export interface ProgramResult {
  /** Of an LDAP client: the result code of the operation. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program to its end, with `input` as what it reads. */
export function runProgram(
  program: string,
  words: readonly string[],
  input = '',
  environment: Readonly<Record<string, string | undefined>> = process.env,
): Promise<ProgramResult> {
  const child = spawn(program, words, { env: { ...environment, LDAPNOINIT: '1' } });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  // A client that ends early does not read the rest: that is for its exit code to say.
  child.stdin.on('error', () => {});
  child.stdin.end(input);
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, stdout, stderr }));
  });
}

type Target = Pick<RunningServer, 'url' | 'password'>;

export class LdapTools {
  readonly #options: readonly string[];

  /** Binds as the administrator, or as somebody else. */
  constructor({ url, password }: Target, name = 'uid=admin') {
    this.#options = ['-x', '-H', url, '-D', name, '-w', password];
  }

  run(program: string, words: readonly string[], input = ''): Promise<ProgramResult> {
    return runProgram(program, [...this.#options, ...words], input);
  }

  add(ldif: string): Promise<ProgramResult> {
    return this.run('ldapadd', [], ldif);
  }

  modify(ldif: string): Promise<ProgramResult> {
    return this.run('ldapmodify', [], ldif);
  }

  delete(...names: readonly string[]): Promise<ProgramResult> {
    return this.run('ldapdelete', names);
  }

  /** As `ldapsearch -LLL`. The words after the base: options, a filter, attributes. */
  search(base: string, ...words: readonly string[]): Promise<ProgramResult> {
    return this.run('ldapsearch', ['-LLL', '-o', 'ldif-wrap=no', '-b', base, ...words]);
  }

  /** The entries found; fails when the search does. */
  async entries(base: string, ...words: readonly string[]): Promise<Entry[]> {
    const { code, stdout, stderr } = await this.search(base, ...words);
    if (code !== 0) throw new Error(`ldapsearch below ${base} ended with ${code}: ${stderr}`);
    return readLdif(stdout).flatMap((record) => (record.type === 'content' ? [record.entry] : []));
  }
}

/** The entry as plain data, values in order, so that two entries can be compared attribute by attribute. */
export function plainEntry(entry: Entry): Record<string, readonly string[]> {
  const attributes = entry.attributes.map(({ key, values }) => [key, values.toSorted()] as const);
  return Object.fromEntries([['dn', [entry.dn.toString()]], ...attributes]);
}

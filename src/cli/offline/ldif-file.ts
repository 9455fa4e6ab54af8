// An LDIF file, or what comes in at stdin, record by record: with the number of the line of everything that is wrong, and
// with the files that values of it are taken from, where that is allowed.

import { fileURLToPath } from 'node:url';
import type { LdifError } from '../../codec/ldif-error.ts';
import { readLdifPieces } from '../../codec/ldif-reader.ts';
import type { LdifRecord } from '../../codec/ldif-record.ts';
import { messageOf } from '../../files/file-error.ts';
import { readNamedFileSync, readNamedPieces } from '../../files/named-file.ts';
import { Reason } from '../../files/program-error.ts';
import type { Change } from '../../ldap/change.ts';
import type { Control } from '../../ldap/control.ts';
import { textFromOctets } from '../../ldap/octets.ts';
import { CommandError, type World } from '../command.ts';
import { ExitCode } from '../exit-code.ts';

export interface LdifFileOptions {
  /** `-` is stdin. */
  readonly path: string;
  /** True if values may be taken from files (`attribute:< file:///…`). */
  readonly allowsFiles: boolean;
  /** Octets of standard input, which can be read once only. */
  readonly stdin: Buffer;
  readonly wrong: (error: LdifError) => void;
  /** Receives the first piece of the file, before any record. */
  readonly begun?: (octets: Buffer) => void;
  readonly progress: (doneOctets: number, totalOctets: number) => void;
}

/** Requested change of one record; an entry is to be added. */
export interface WantedChange {
  readonly line: number;
  readonly change: Change;
  readonly controls: readonly Control[];
}

const STDIN = '-';
/** A value that is larger than this does not belong into a directory. */
const VALUE_OCTETS_MAX = 16 * 1024 * 1024;

/** Throws CommandError when the file cannot be read. */
export async function* readChanges(options: LdifFileOptions): AsyncGenerator<WantedChange[], void> {
  const { path, allowsFiles, wrong } = options;
  const readUrl = allowsFiles ? readFileUrl : refuseUrl;
  try {
    for await (const records of readLdifPieces(begunPieces(options), { readUrl, wrong }))
      yield records.map(wanted);
  } catch (error) {
    if (error instanceof CommandError) throw error;
    const reason = messageOf(error);
    throw new CommandError(`${path} cannot be read: ${reason}.`, ExitCode.wrongData, { cause: error });
  }
}

function wanted(record: LdifRecord): WantedChange {
  const { line } = record;
  if (record.type === 'change') return { line, change: record.change, controls: record.controls };
  return { line, change: { type: 'add', entry: record.entry }, controls: [] };
}

/** All of stdin where one of the files is that. */
export async function readStdin(files: readonly string[], stdin: World['stdin']): Promise<Buffer> {
  const pieces: Buffer[] = [];
  if (files.includes(STDIN)) for await (const piece of stdin) pieces.push(Buffer.from(piece));
  return Buffer.concat(pieces);
}

async function* begunPieces(options: LdifFileOptions): AsyncGenerator<Buffer, void> {
  let isFirst = true;
  for await (const octets of piecesOf(options)) {
    if (isFirst) options.begun?.(octets);
    isFirst = false;
    yield octets;
  }
}

async function* piecesOf({ path, stdin, progress }: LdifFileOptions): AsyncGenerator<Buffer, void> {
  if (path === STDIN) {
    yield stdin;
    return;
  }
  let done = 0;
  for await (const { octets, size } of readNamedPieces(path)) {
    done += octets.length;
    yield octets;
    progress(done, size);
  }
}

function refuseUrl(): never {
  throw new Reason('values from files are taken with --allow-file-urls only.');
}

/** The content of a small regular file; a pipe would be waited for, perhaps for ever. */
function readFileUrl(url: string): string {
  return textFromOctets(readNamedFileSync(fileURLToPath(url), VALUE_OCTETS_MAX).octets);
}

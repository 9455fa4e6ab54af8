// An import into a running server: the files are read to their end first; then their changes are sent, in their order and
// many at a time, and what the server refuses is reported with its line.

import { type Change, dnOfChange } from '../../ldap/change.ts';
import type { Control } from '../../ldap/control.ts';
import { countOf } from '../../ldap/issue.ts';
import type { LdapResult } from '../../ldap/message.ts';
import { Oid } from '../../ldap/oids.ts';
import { nameOfResultCode, ResultCode } from '../../ldap/result-code.ts';
import { CommandError, type World } from '../command.ts';
import type { ChangeStream } from '../connection/change-stream.ts';
import { withoutPasswordState } from '../files/plan.ts';
import { ProgressBar } from '../progress-bar.ts';
import type { ImportProblem } from './import-report.ts';
import { readChanges, type WantedChange } from './ldif-file.ts';
import type { ImportOutcome, StoppedImport } from './offline-import.ts';
import type { ReplacedEntries } from './replaced-entries.ts';

type ImportPlace = Pick<ImportProblem, 'file' | 'line'>;

export interface OnlineImportOptions {
  readonly files: readonly string[];
  readonly world: World;
  /** Octets of standard input, if one of the files is `-`. */
  readonly stdin: Buffer;
  readonly allowsFiles: boolean;
  readonly isContinued: boolean;
  readonly isTrial: boolean;
  /** Finds what is there already, where that is to become what the file says. */
  readonly replaced: ((stream: ChangeStream) => ReplacedEntries) | undefined;
  readonly open: () => Promise<ChangeStream>;
}

const NO_OP: Control = { oid: Oid.noOp, criticality: true, value: undefined };
const PASSWORD = /^userpassword(?:;|$)/i;

/** Rejects with CommandError when a file cannot be read or the connection is lost. */
export async function importOnline(options: OnlineImportOptions): Promise<ImportOutcome> {
  const bar = new ProgressBar(options.world.stderr, 'checking');
  const found = await checkFiles(options, bar);
  bar.end();
  const isLeft = found.problems.length > 0 && !options.isContinued;
  if (isLeft || found.changeCount === 0) return { ...found, madeCount: 0, number: undefined };
  const stream = await options.open();
  const sending = new Sending(options, stream, found.changeCount);
  try {
    await sending.run();
  } finally {
    stream.close();
  }
  const problems = [...found.problems, ...sending.problems];
  const { files } = options;
  problems.sort((one, other) => files.indexOf(one.file) - files.indexOf(other.file) || one.line - other.line);
  const { madeCount, stopped } = sending;
  return { problems, changeCount: found.changeCount, madeCount, number: undefined, stopped };
}

/** Everything that is wrong with the files themselves. */
async function checkFiles(
  options: OnlineImportOptions,
  bar: ProgressBar,
): Promise<Pick<ImportOutcome, 'problems' | 'changeCount'>> {
  const problems: ImportProblem[] = [];
  let changeCount = 0;
  for (const file of options.files) {
    const batches = readChanges({
      ...options,
      path: file,
      stdin: options.stdin,
      wrong: ({ line, problem }) => problems.push({ file, line, problem }),
      progress: (done, total) => bar.show(done, total, `${changeCount} changes`),
    });
    for await (const batch of batches) changeCount += batch.length;
  }
  return { problems, changeCount };
}

class Sending {
  readonly problems: ImportProblem[] = [];
  madeCount = 0;
  readonly #options: OnlineImportOptions;
  readonly #stream: ChangeStream;
  readonly #total: number;
  readonly #replaced: ReplacedEntries | undefined;
  readonly #bar: ProgressBar;
  readonly #waiting = new Set<ImportPlace>();
  #answered = 0;
  /** Changes that were taken from the files, also those for which nothing had to be sent. */
  #taken = 0;
  /** How many were made when the first was refused. */
  #madeBefore = 0;

  constructor(options: OnlineImportOptions, stream: ChangeStream, total: number) {
    this.#options = options;
    this.#stream = stream;
    this.#total = total;
    this.#replaced = options.replaced?.(stream);
    this.#bar = new ProgressBar(options.world.stderr, options.isTrial ? 'trying' : 'importing');
  }

  /** Rejects with CommandError when the connection is lost: it says where that was, and what is known. */
  async run(): Promise<void> {
    try {
      await this.#sendAll();
    } catch (error) {
      throw error instanceof CommandError ? this.#lost(error) : error;
    }
  }

  /** Where the import has stopped, if it has. */
  get stopped(): StoppedImport | undefined {
    const [first] = this.problems;
    if (first === undefined || !this.#isOver) return undefined;
    const madeAfterCount = this.madeCount - this.#madeBefore;
    return { file: first.file, line: first.line, madeAfterCount, notTriedCount: this.#total - this.#taken };
  }

  async #sendAll(): Promise<void> {
    const { files, stdin, allowsFiles } = this.#options;
    for (const file of files) {
      const options = { path: file, allowsFiles, stdin, wrong: () => {}, progress: () => {} };
      for await (const batch of readChanges(options)) {
        for (const wanted of batch) {
          if (this.#isOver) break;
          await this.#send(file, wanted);
        }
      }
    }
    await this.#stream.drain();
    this.#bar.end();
  }

  get #isOver(): boolean {
    return this.problems.length > 0 && !this.#options.isContinued;
  }

  async #send(file: string, { line, change, controls }: WantedChange): Promise<void> {
    const possible = sendable(change);
    const needed = this.#replaced === undefined ? possible : await this.#replaced.changeFor(possible);
    this.#taken += 1;
    if (needed === undefined) return;
    const place = { file, line };
    // The server makes a hash of a password first: what comes after must not overtake it.
    const isSlow = setsPassword(needed);
    if (isSlow) await this.#stream.drain();
    const all = this.#options.isTrial ? [...controls, NO_OP] : controls;
    await this.#stream.send(needed, all, (result) => this.#take(place, needed, result));
    this.#waiting.add(place);
    if (isSlow) await this.#stream.drain();
  }

  #take(place: ImportPlace, change: Change, { code, diagnosticMessage }: LdapResult): void {
    this.#waiting.delete(place);
    this.#answered += 1;
    this.#bar.show(this.#answered, this.#total, `${this.#answered} of ${this.#total} changes`);
    if (code === ResultCode.success) this.madeCount += 1;
    else if (code !== ResultCode.noOperation) {
      const words = diagnosticMessage || `${dnOfChange(change)}: ${nameOfResultCode(code)} (${code})`;
      if (this.problems.length === 0) this.#madeBefore = this.madeCount;
      this.problems.push({ ...place, problem: words });
    }
  }

  #lost(error: CommandError): CommandError {
    const [first] = this.#waiting;
    const unclear = this.#waiting.size;
    const sentences = [
      error.message,
      `${countOf(this.madeCount, 'change')} made.`,
      first === undefined
        ? undefined
        : `It is not known whether ${countOf(unclear, 'change')} from ${first.file}:${first.line} on ${unclear === 1 ? 'was' : 'were'} made.`,
      `${countOf(this.#total - this.#taken, 'change')} not tried.`,
    ];
    const text = sentences.filter((one) => one !== undefined).join(' ');
    return new CommandError(text, error.exitCode, { cause: error });
  }
}

/** An export has the state of passwords, for imports without a server. */
function sendable(change: Change): Change {
  return change.type === 'add' ? { ...change, entry: withoutPasswordState(change.entry) } : change;
}

function setsPassword(change: Change): boolean {
  if (change.type === 'add')
    return change.entry.attributes.some(({ description }) => PASSWORD.test(description));
  if (change.type !== 'modify') return false;
  return change.modifications.some(({ attribute }) => PASSWORD.test(attribute.description));
}

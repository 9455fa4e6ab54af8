// `confdit edit`: an entry in the editor, and again with the problems as comments until it is right or left as it was.

import { spawn } from 'node:child_process';
import { access, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { formatEntry } from '../../codec/ldif-writer.ts';
import { Definitions, objectDefinitions } from '../../config/definitions.ts';
import { FILE_MODE } from '../../files/file-system.ts';
import { Dn } from '../../ldap/dn.ts';
import type { Entry } from '../../ldap/entry.ts';
import { visibleLine } from '../../ldap/visible-text.ts';
import type { Schema } from '../../schema/schema.ts';
import { CommandError, type Invocation, UsageError, type World } from '../command.ts';
import { shippedSchema } from '../commands/shipped-schema.ts';
import type { Directory } from '../connection/directory.ts';
import { openTyped } from '../declarations/tree-options.ts';
import { EDIT_FORMATS } from '../documents/document-format.ts';
import { formatYamlEntry } from '../documents/format-objects.ts';
import { ExitCode } from '../exit-code.ts';
import { readFileArgument } from '../file-argument.ts';
import { nearestEntry } from '../nearest-entry.ts';
import { readDesiredEntries } from './desired-entries.ts';
import { formatLdif } from './format-ldif.ts';
import { attributesToCompare, planChanges } from './plan.ts';

const DEFAULT_EDITOR = 'vi';
const HEAD =
  'Lines that begin with # are not kept. Save and leave the editor to make the change; leave everything as it is to make none.';

/** Opens an entry in the editor until it is valid, or left as it was. */
export async function edit(invocation: Invocation, world: World): Promise<ExitCode> {
  const dn = onlyOperand(invocation);
  const format = formatOf(invocation);
  const schema = await shippedSchema();
  const { hashedAttributes } = new Definitions(objectDefinitions, (text) => schema.dnKeyOfText(text));
  const directory = await openTyped(invocation, world);
  const folder = await mkdtemp(join(tmpdir(), 'confdit-edit-'));
  let session: EditSession | undefined;
  try {
    const before = await find(directory, dn, schema);
    session = new EditSession({ before, directory, schema, hashedAttributes, folder, world, format });
    return await session.run();
  } finally {
    if (session?.isTextKept !== true) await rm(folder, { recursive: true, force: true });
    await directory.close();
  }
}

function onlyOperand({ operands }: Invocation): string {
  const [dn, ...others] = operands;
  if (dn !== undefined && others.length === 0) return dn;
  throw new CommandError('Which entry? Give its DN, in quotes.', ExitCode.parameterError);
}

function formatOf(invocation: Invocation): (typeof EDIT_FORMATS)[number] {
  const written = invocation.value('format')?.toLowerCase() ?? 'ldif';
  const format = EDIT_FORMATS.find((one) => one === written);
  if (format === undefined) throw new UsageError(`--format is one of ${EDIT_FORMATS.join(', ')}.`);
  return format;
}

async function find(directory: Directory, dn: string, schema: Schema): Promise<Entry> {
  const attributes = attributesToCompare(schema);
  const [entry] = await directory.search({ base: dn, scope: 'base', attributes }).catch((error: unknown) => {
    if (error instanceof CommandError && error.exitCode === ExitCode.noSuchObject) return [];
    throw error;
  });
  if (entry !== undefined) return entry;
  const nearest = await nearestEntry(directory, Dn.parse(dn));
  throw new CommandError(`${dn}: there is no such entry.${nearest}`, ExitCode.noSuchObject);
}

interface EditOptions {
  readonly before: Entry;
  readonly directory: Directory;
  readonly schema: Schema;
  readonly hashedAttributes: ReadonlySet<string>;
  readonly folder: string;
  readonly world: World;
  readonly format: (typeof EDIT_FORMATS)[number];
}

class EditSession {
  readonly #options: EditOptions;
  readonly #file: string;
  /** Text that was written last and is not stored. */
  #typed: string | undefined;
  /** True if the file holds something that is no text. */
  #isLeft = false;

  constructor(options: EditOptions) {
    this.#options = options;
    this.#file = join(options.folder, `entry.${options.format}`);
  }

  /** True if a typed text is in the folder, and nowhere else. */
  get isTextKept(): boolean {
    return this.#typed !== undefined || this.#isLeft;
  }

  /** Rejects with CommandError, which says where the text is that was typed and not stored. */
  async run(): Promise<ExitCode> {
    try {
      return await this.#edit();
    } catch (error) {
      if (!(error instanceof CommandError) || this.#typed === undefined || this.#isLeft) throw error;
      await writeFile(this.#file, this.#typed, { mode: FILE_MODE });
      throw new CommandError(`${error.message} What you have written is in ${this.#file}`, error.exitCode, {
        cause: error,
      });
    }
  }

  async #edit(): Promise<ExitCode> {
    const { before, schema, world, format } = this.#options;
    const own = before.attributes.filter(
      ({ description }) => schema.describe(description)?.type.noUserModification !== true,
    );
    const entry = before.withAttributes(own);
    let text = format === 'yaml' ? formatYamlEntry(entry) : formatLdif(formatEntry(entry), schema);
    let problems: readonly string[] = [];
    for (;;) {
      const shown = `${comments([HEAD, ...problems])}${text}`;
      const edited = await this.#typedInto(shown);
      if (edited === shown && problems.length > 0)
        throw new CommandError(
          `Nothing was changed; this is wrong: ${problems.join(' ')}`,
          ExitCode.cancelled,
        );
      if (edited === shown) {
        world.stdout.write('Nothing was changed.\n');
        return ExitCode.success;
      }
      const refusal = await this.#store();
      if (refusal === undefined) {
        this.#typed = undefined;
        return ExitCode.success;
      }
      text = withoutComments(edited);
      problems = refusal.message.split('\n');
    }
  }

  /** Returns the text of the file when the editor has ended. Throws CommandError if there is none, or the editor has failed. */
  async #typedInto(shown: string): Promise<string> {
    await writeFile(this.#file, shown, { mode: FILE_MODE });
    const failure = await runEditor(this.#file, this.#options.world);
    const edited = await readFileArgument(this.#file).catch((error: unknown) => error);
    const isText = typeof edited === 'string' && edited.trim() !== '';
    if (isText && edited !== shown) this.#typed = edited;
    if (failure !== undefined) throw new CommandError(`${failure} Nothing was changed.`, ExitCode.cancelled);
    if (isText) return edited;
    const isGone = !(await exists(this.#file));
    this.#isLeft = !isGone && typeof edited !== 'string';
    const why = isGone
      ? 'The editor has removed the file.'
      : typeof edited === 'string'
        ? 'The file is empty.'
        : reasonOf(edited);
    throw new CommandError(`${why} Nothing was changed.`, ExitCode.cancelled);
  }

  /** Undefined when the change is made, or none was asked for. */
  async #store(): Promise<CommandError | undefined> {
    const { before, directory, schema, hashedAttributes, world } = this.#options;
    try {
      const desired = (await readDesiredEntries([this.#file], schema, world.stdin)).map(({ entry }) => entry);
      const key = schema.dnKey(before.dn);
      if (desired.length !== 1 || desired.some((entry) => schema.dnKey(entry.dn) !== key)) {
        throw new CommandError(`Leave one entry, ${before.dn}.`, ExitCode.wrongData);
      }
      const plan = planChanges({ schema, desired, current: [before], pruned: [], hashedAttributes });
      const notes = plan.length === 0 ? '' : await directory.changeAll(plan);
      world.stdout.write(`${plan.length === 0 ? 'Nothing was changed.' : notes || 'Done.'}\n`);
      return undefined;
    } catch (error) {
      if (error instanceof CommandError && error.exitCode !== ExitCode.serverDown) return error;
      throw error;
    }
  }
}

function comments(sentences: readonly string[]): string {
  return sentences.map((sentence) => `# ${visibleLine(sentence)}\n`).join('');
}

function withoutComments(text: string): string {
  return text
    .split('\n')
    .filter((line) => !line.startsWith('#'))
    .join('\n');
}

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : 'The file cannot be read.';
}

/** Exit codes of a shell for a program that it cannot run, or does not find. */
const NOT_RUN: ReadonlySet<number | null> = new Set([126, 127]);

/** Returns why the editor has not ended well, as a sentence. The variable may hold options too, as it may for other programs. */
async function runEditor(file: string, { env }: World): Promise<string | undefined> {
  const editor = env.VISUAL || env.EDITOR || DEFAULT_EDITOR;
  const child = spawn('/bin/sh', ['-c', `${editor} "$1"`, 'sh', file], { stdio: 'inherit' });
  const ended = Promise.withResolvers<readonly [code: number | null, signal: string | null]>();
  child.once('error', ended.reject);
  child.once('exit', (code, signal) => ended.resolve([code, signal]));
  const [code, signal] = await ended.promise;
  if (code === 0) return undefined;
  if (NOT_RUN.has(code))
    return `The editor ${editor} cannot be started. Set VISUAL or EDITOR to one that can.`;
  return `The editor ${editor} ended with ${signal ?? code}.`;
}

// `confdit edit`: an entry in the editor, and again with the problems as comments until it is right or left as it was.

import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { formatEntry } from '../../codec/ldif-writer.ts';
import type { Entry } from '../../ldap/entry.ts';
import type { Schema } from '../../schema/schema.ts';
import { type Command, CommandError, type Invocation, type World } from '../command.ts';
import type { Directory } from '../directory.ts';
import { ExitCode } from '../exit-code.ts';
import { readFileArgument } from '../file-argument.ts';
import { readDesiredEntries } from './desired-entries.ts';
import { formatLdif } from './format-ldif.ts';
import { attributesToCompare, planChanges } from './plan.ts';
import type { PlanCommandsOptions } from './plan-commands.ts';

const DEFAULT_EDITOR = 'vi';
const HEAD =
  'Lines that begin with # are not kept. Save and leave the editor to make the change; leave everything as it is to make none.';

export function editCommand(options: PlanCommandsOptions): Command {
  return {
    name: 'edit',
    group: 'Configuration as files',
    operands: 'DN',
    synopsis: 'Opens an entry in an editor, and comes back with the problems until it is right.',
    description: 'The editor is that of the environment variable VISUAL or EDITOR.',
    options: options.connectionOptions,
    async run(invocation, world) {
      const dn = onlyOperand(invocation);
      const schema = await options.schema();
      const { hashedAttributes } = options.definitions(schema);
      const directory = await options.open(invocation, world);
      const folder = await mkdtemp(join(tmpdir(), 'confdit-edit-'));
      try {
        const before = await find(directory, dn, schema);
        return await new Edit({ before, directory, schema, hashedAttributes, folder, world }).run();
      } finally {
        await rm(folder, { recursive: true, force: true });
        await directory.close();
      }
    },
  };
}

function onlyOperand({ operands }: Invocation): string {
  const [dn, ...others] = operands;
  if (dn !== undefined && others.length === 0) return dn;
  throw new CommandError('Which entry? Give its DN, in quotes.', ExitCode.parameterError);
}

async function find(directory: Directory, dn: string, schema: Schema): Promise<Entry> {
  const attributes = attributesToCompare(schema);
  const [entry] = await directory.search({ base: dn, scope: 'base', attributes });
  if (entry !== undefined) return entry;
  throw new CommandError(`${dn}: there is no such entry.`, ExitCode.noSuchObject);
}

interface EditOptions {
  readonly before: Entry;
  readonly directory: Directory;
  readonly schema: Schema;
  readonly hashedAttributes: ReadonlySet<string>;
  readonly folder: string;
  readonly world: World;
}

class Edit {
  readonly #options: EditOptions;
  readonly #file: string;

  constructor(options: EditOptions) {
    this.#options = options;
    this.#file = join(options.folder, 'entry.ldif');
  }

  async run(): Promise<ExitCode> {
    const { before, schema, world } = this.#options;
    const own = before.attributes.filter(
      ({ description }) => schema.describe(description)?.type.noUserModification !== true,
    );
    let text = formatLdif(formatEntry(before.withAttributes(own)), schema);
    let problems: readonly string[] = [];
    for (;;) {
      const shown = `${comments([HEAD, ...problems])}${text}`;
      await writeFile(this.#file, shown, { mode: 0o600 });
      await runEditor(this.#file, world);
      const edited = await readFileArgument(this.#file);
      if (edited === shown) {
        if (problems.length === 0) world.stdout.write('Nothing was changed.\n');
        return problems.length === 0 ? ExitCode.success : ExitCode.cancelled;
      }
      const refusal = await this.#store();
      if (refusal === undefined) return ExitCode.success;
      text = withoutComments(edited);
      problems = refusal.message.split('\n');
    }
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
  return sentences.map((sentence) => `# ${sentence}\n`).join('');
}

function withoutComments(text: string): string {
  return text
    .split('\n')
    .filter((line) => !line.startsWith('#'))
    .join('\n');
}

/** The variable may hold options too, as it may for other programs. */
async function runEditor(file: string, { env }: World): Promise<void> {
  const editor = env.VISUAL || env.EDITOR || DEFAULT_EDITOR;
  const child = spawn('/bin/sh', ['-c', `${editor} "$1"`, 'sh', file], { stdio: 'inherit' });
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', resolve);
  });
  if (code !== 0) {
    throw new CommandError(
      `The editor ${editor} ended with ${code}; nothing was changed.`,
      ExitCode.cancelled,
    );
  }
}

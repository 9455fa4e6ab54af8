// `confdit export-ldif`: entries of a running server, or of an instance whose server need not run, as an LDIF file.

import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { finished } from 'node:stream/promises';
import { parseFilter } from '../../codec/filter-text.ts';
import { FileError } from '../../files/file-error.ts';
import { FILE_MODE } from '../../files/file-system.ts';
import { readStoredEntries } from '../../instance/stored-entries.ts';
import { isAtOrBelow } from '../../ldap/dn-key.ts';
import type { Entry } from '../../ldap/entry.ts';
import type { Filter } from '../../ldap/filter.ts';
import { countOf } from '../../ldap/issue.ts';
import { LdapError } from '../../ldap/ldap-error.ts';
import { compileFilter } from '../../schema/filter-matcher.ts';
import type { Schema } from '../../schema/schema.ts';
import { modifiableOperationalOf } from '../../schema/subschema-entry.ts';
import { keysOfName } from '../../schema/written-name.ts';
import { CommandError, type Invocation, type World } from '../command.ts';
import type { ChangeStream } from '../connection/change-stream.ts';
import { type DocumentFormat, formatOfOption } from '../documents/document-format.ts';
import { EntryWriter } from '../documents/entry-writer.ts';
import { ExitCode } from '../exit-code.ts';
import { ProgressBar } from '../progress-bar.ts';
import { instanceOf } from './instance-options.ts';
import { openChangeStream } from './open-directory.ts';
import { shippedSchema } from './shipped-schema.ts';

const ROOT = 'cn=config';
const SUBSCHEMA = 'cn=schema';
const EVERYTHING = '(objectClass=*)';
const PAGE_ENTRIES = 1000;

interface Asked {
  readonly base: string;
  readonly filter: Filter;
}

/** Writes entries as LDIF, as PingDS's tool of this name does. */
export function exportLdif(invocation: Invocation, world: World): Promise<ExitCode> {
  return exportEntries(invocation, world, 'ldif');
}

/** Writes entries in any form. */
export async function exportDocument(invocation: Invocation, world: World): Promise<ExitCode> {
  const format = formatOfOption('format', invocation.value('format') ?? 'yaml');
  return exportEntries(invocation, world, format);
}

async function exportEntries(
  invocation: Invocation,
  world: World,
  format: DocumentFormat,
): Promise<ExitCode> {
  try {
    const asked = {
      base: invocation.value('baseDN') ?? ROOT,
      filter: parseFilter(invocation.value('filter') ?? EVERYTHING),
    };
    const pages = invocation.has('offline')
      ? storedPages(invocation, world, asked)
      : serverPages(invocation, world, asked);
    const path = invocation.value('ldifFile') ?? invocation.value('output');
    const writer = new EntryWriter(format, await shippedSchema());
    const count =
      path === undefined
        ? await write(pages, writer, world.stdout, world)
        : await writeFile(pages, writer, path, world);
    if (path !== undefined) world.stdout.write(`${countOf(count, 'entry', 'entries')} written to ${path}.\n`);
    return ExitCode.success;
  } catch (error) {
    if (!(error instanceof LdapError || error instanceof FileError)) throw error;
    throw new CommandError(error.message, ExitCode.wrongData, { cause: error });
  }
}

async function* serverPages(
  invocation: Invocation,
  world: World,
  { base, filter }: Asked,
): AsyncGenerator<readonly Entry[], void> {
  const stream = await openChangeStream(invocation, world);
  try {
    const attributes = invocation.has('operational') ? ['*', '+'] : await modifiableAttributes(stream);
    yield* stream.search(base, filter, attributes);
  } finally {
    stream.close();
  }
}

/** Selects what users may modify: by the schema of the server, which may have files of its own. */
async function modifiableAttributes(stream: ChangeStream): Promise<readonly string[]> {
  const definitions: string[] = [];
  for await (const page of stream.search(SUBSCHEMA, parseFilter(EVERYTHING), ['attributeTypes']))
    definitions.push(...page.flatMap((entry) => entry.values('attributetypes')));
  return ['*', ...modifiableOperationalOf(definitions)];
}

async function* storedPages(
  invocation: Invocation,
  world: World,
  { base, filter }: Asked,
): AsyncGenerator<readonly Entry[], void> {
  const { schema, tree } = await readStoredEntries(instanceOf(invocation, world), world.env);
  const baseKey = schema.dnKeyOfText(base);
  if (tree.find(baseKey) === undefined)
    throw new LdapError('noSuchObject', `${base}: there is no such entry.`);
  const matches = invocation.has('filter') ? compileFilter(schema, filter) : () => true;
  let page: Entry[] = [];
  for (const entry of tree.entries()) {
    const { key } = keysOfName(schema, entry.dn);
    if (!isAtOrBelow(key, baseKey)) continue;
    if (matches(entry) !== true) continue;
    page.push(invocation.has('operational') ? entry : modifiablePart(entry, schema));
    if (page.length < PAGE_ENTRIES) continue;
    yield page;
    page = [];
  }
  yield page;
}

/** The entry without what the server keeps by itself. */
function modifiablePart(entry: Entry, schema: Schema): Entry {
  return entry.withAttributes(
    entry.attributes.filter(
      ({ description }) => schema.describe(description)?.type.noUserModification !== true,
    ),
  );
}

/** All of it under its name, or nothing. */
async function writeFile(
  pages: AsyncIterable<readonly Entry[]>,
  writer: EntryWriter,
  path: string,
  world: World,
): Promise<number> {
  const temporary = `${path}.part`;
  const file = createWriteStream(temporary, { mode: FILE_MODE, flush: true });
  try {
    const count = await write(pages, writer, file, world);
    file.end();
    await finished(file);
    await rename(temporary, path);
    return count;
  } catch (error) {
    file.destroy();
    await rm(temporary, { force: true });
    if (!(error instanceof Error && 'syscall' in error)) throw error;
    throw new CommandError(`${path} cannot be written: ${error.message}.`, ExitCode.localError, {
      cause: error,
    });
  }
}

async function write(
  pages: AsyncIterable<readonly Entry[]>,
  writer: EntryWriter,
  out: NodeJS.WritableStream,
  { stderr }: World,
): Promise<number> {
  const bar = new ProgressBar(stderr, 'exporting');
  // Whoever sees the entries pass needs no line between them.
  const isSeen = 'isTTY' in out && out.isTTY === true;
  let count = 0;
  for await (const page of pages) {
    const text = page.map((entry) => writer.next(entry)).join('');
    count += page.length;
    if (!isSeen) bar.show(0, 0, countOf(count, 'entry', 'entries'));
    if (!out.write(text)) await once(out, 'drain');
  }
  out.write(writer.end());
  bar.end();
  return count;
}

// `confdit export-ldif`: entries of a running server, or of an instance whose server need not run, as an LDIF file.

import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { finished } from 'node:stream/promises';
import { parseFilter } from '../../codec/filter-text.ts';
import { PasswordState } from '../../config/operational-attributes.ts';
import { PASSWORD_STATE_KEYS } from '../../directory/password-state-keys.ts';
import { FileError } from '../../files/file-error.ts';
import { FILE_MODE } from '../../files/file-system.ts';
import { environmentWith } from '../../instance/environment-file.ts';
import { exportedKeyOf } from '../../instance/keys/stored-secrets.ts';
import { readStoredEntries } from '../../instance/stored-entries.ts';
import { isAtOrBelow } from '../../ldap/dn-key.ts';
import type { Attribute, Entry } from '../../ldap/entry.ts';
import type { Filter } from '../../ldap/filter.ts';
import { countOf, SECRET_STARS } from '../../ldap/issue.ts';
import { LdapError } from '../../ldap/ldap-error.ts';
import { Oid } from '../../ldap/oids.ts';
import { compileFilter } from '../../schema/filter-matcher.ts';
import type { Schema } from '../../schema/schema.ts';
import { modifiableOperationalOf } from '../../schema/subschema-entry.ts';
import { keysOfName } from '../../schema/written-name.ts';
import { encryptEntry } from '../../store/encryption/stored-values.ts';
import { CommandError, type Invocation, type World } from '../command.ts';
import { asCommandError } from '../command-errors.ts';
import type { AskedControl, ChangeStream } from '../connection/change-stream.ts';
import { type DocumentFormat, formatOfOption } from '../documents/document-format.ts';
import { EntryWriter } from '../documents/entry-writer.ts';
import { ExitCode } from '../exit-code.ts';
import { noteClearSecrets } from '../offline/clear-secrets.ts';
import { ProgressBar } from '../progress-bar.ts';
import { instanceOf } from './instance-options.ts';
import { openChangeStream } from './open-directory.ts';
import { shippedSchema } from './shipped-schema.ts';

const ROOT = 'cn=config';
const SUBSCHEMA = 'cn=schema';
const EVERYTHING = '(objectClass=*)';
const PAGE_ENTRIES = 1000;

/** Comment about the data key in a file with encrypted secrets. */
const ABOUT_KEY =
  '# Secrets in this file are encrypted. import-ldif --offline takes them where the master key is the same (init --master-key).\n';

/** Readable ones are what any search shows; clear ones are asked for as such, and reported. */
type SecretsForm = 'readable' | 'clear' | 'encrypted';

interface Asked {
  readonly base: string;
  readonly filter: Filter;
  readonly secrets: SecretsForm;
  /** Takes the comment with the data key of encrypted secrets. */
  readonly take: (keyLine: string) => void;
}

/** Writes entries as LDIF, as PingDS's tool of this name does. */
export function exportLdif(invocation: Invocation, world: World): Promise<ExitCode> {
  const secrets = invocation.has('clear-secrets') ? 'clear' : 'encrypted';
  return asCommandError(() => exportEntries(invocation, world, 'ldif', secrets));
}

/** Writes entries in any form. */
export async function exportDocument(invocation: Invocation, world: World): Promise<ExitCode> {
  const format = formatOfOption('format', invocation.value('format') ?? 'yaml');
  return asCommandError(() => exportEntries(invocation, world, format, 'readable'));
}

async function exportEntries(
  invocation: Invocation,
  world: World,
  format: DocumentFormat,
  secrets: SecretsForm,
): Promise<ExitCode> {
  try {
    let keyLine = '';
    const asked = {
      secrets,
      take: (line: string) => {
        keyLine = line;
      },
      base: invocation.value('baseDN') ?? ROOT,
      filter: parseFilter(invocation.value('filter') ?? EVERYTHING),
    };
    const pages = invocation.has('offline')
      ? storedPages(invocation, world, asked)
      : serverPages(invocation, world, asked);
    const path = invocation.value('ldifFile') ?? invocation.value('output');
    const head = () => (keyLine === '' ? '' : ABOUT_KEY + keyLine);
    const writer = new EntryWriter(format, await shippedSchema(), head);
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
  { base, filter, secrets, take }: Asked,
): AsyncGenerator<readonly Entry[], void> {
  const value = secrets === 'clear' ? secrets : undefined;
  const form: AskedControl = {
    control: { oid: Oid.exportedSecrets, criticality: true, value },
    answered: (line = '') => take(line),
  };
  const stream = await openChangeStream(invocation, world);
  try {
    if (secrets === 'readable') {
      const attributes = invocation.has('operational') ? ['*', '+'] : await modifiableAttributes(stream);
      yield* stream.search(base, filter, attributes);
      return;
    }
    const state = Object.values(PasswordState).map(({ name }) => name);
    const attributes = invocation.has('operational')
      ? ['*', '+']
      : [...(await modifiableAttributes(stream)), ...state];
    for await (const page of stream.search(base, filter, attributes, form))
      yield page.map(withoutHiddenHistory);
  } finally {
    stream.close();
  }
}

/** Returns the entry without hashes of earlier passwords that the account may not read. */
function withoutHiddenHistory(entry: Entry): Entry {
  const isHidden = ({ key, values }: Attribute) =>
    PASSWORD_STATE_KEYS.has(key) && values.includes(SECRET_STARS);
  return entry.attributes.some(isHidden)
    ? entry.withAttributes(entry.attributes.filter((attribute) => !isHidden(attribute)))
    : entry;
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
  { base, filter, secrets, take }: Asked,
): AsyncGenerator<readonly Entry[], void> {
  const { configuration, values } = await readStoredEntries(instanceOf(invocation, world), world.env);
  const { schema, tree } = configuration;
  const inForm = (entry: Entry) => (secrets === 'encrypted' ? encryptEntry(entry, values) : entry);
  if (secrets === 'encrypted') take(await keyLineOf(invocation, world, schema));
  const baseKey = schema.dnKeyOfText(base);
  if (tree.find(baseKey) === undefined)
    throw new LdapError('noSuchObject', `${base}: there is no such entry.`);
  const matches = invocation.has('filter') ? compileFilter(schema, filter) : () => true;
  const isAsked = (entry: Entry) =>
    isAtOrBelow(keysOfName(schema, entry.dn).key, baseKey) && matches(entry) === true;
  const hasState = secrets !== 'readable';
  const isWhole = invocation.has('operational');
  const shown = (entry: Entry) => (isWhole ? entry : modifiablePart(entry, schema, { hasState }));
  const isSecret = (entry: Entry) => {
    const part = shown(entry);
    return encryptEntry(part, values) !== part;
  };
  const hasSecrets = () => [...tree.entries()].some((entry) => isAsked(entry) && isSecret(entry));
  const { instance } = instanceOf(invocation, world);
  const path = invocation.value('ldifFile') ?? invocation.value('output');
  if (secrets === 'clear' || (secrets === 'readable' && hasSecrets()))
    await noteClearSecrets({ instance, base, path }, world);
  let page: Entry[] = [];
  for (const entry of tree.entries()) {
    if (!isAsked(entry)) continue;
    page.push(inForm(shown(entry)));
    if (page.length < PAGE_ENTRIES) continue;
    yield page;
    page = [];
  }
  yield page;
}

/** Rejects with CommandError for an instance that has no keys yet. */
async function keyLineOf(invocation: Invocation, world: World, schema: Schema): Promise<string> {
  const { instance: folder, environmentFile } = instanceOf(invocation, world);
  const environment = await environmentWith(environmentFile, world.env);
  const line = await exportedKeyOf({ folder, environment, schema });
  if (line !== undefined) return line;
  throw new CommandError(
    `${folder} has no keys for its secrets yet, which the next start makes. For secrets in clear text give --clear-secrets.`,
    ExitCode.wrongData,
  );
}

/** The entry without what the server keeps by itself, but for the state of passwords where that is wanted. */
function modifiablePart(entry: Entry, schema: Schema, { hasState }: { readonly hasState: boolean }): Entry {
  return entry.withAttributes(
    entry.attributes.filter(
      ({ description, key }) =>
        schema.describe(description)?.type.noUserModification !== true ||
        (hasState && PASSWORD_STATE_KEYS.has(key)),
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

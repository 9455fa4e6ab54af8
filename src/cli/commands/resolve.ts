// `confdit resolve`: what is in force and where it comes from, or every place that does not resolve. From a running
// server, or from files alone, before there is one.

import { ChangeFeed } from '../../backend/change-feed.ts';
import { EntryViews } from '../../backend/entry-views.ts';
import { maskAttribute } from '../../backend/masking.ts';
import { formatEntry } from '../../codec/ldif-writer.ts';
import { Definitions, objectDefinitions } from '../../config/definitions.ts';
import { pendingChange, valueOrigin } from '../../config/operational-attributes.ts';
import type { Configuration } from '../../configuration/configuration.ts';
import { EffectiveBackend } from '../../configuration/effective-backend.ts';
import { inForceAttributes } from '../../configuration/in-force-attributes.ts';
import { SourcesError } from '../../expression/sources-error.ts';
import { FileError } from '../../files/file-error.ts';
import { Entry } from '../../ldap/entry.ts';
import { SearchScope } from '../../ldap/message.ts';
import { type Command, CommandError, type Invocation, type World } from '../command.ts';
import { CONNECTION_OPTIONS } from '../connection/connection-options.ts';
import { ExitCode } from '../exit-code.ts';
import { findInputFiles } from '../files/input-files.ts';
import { openOfflineConfiguration } from '../offline/offline-configuration.ts';
import { UNUSABLE, unusableFiles } from '../offline/unusable-files.ts';
import { formatJson, JSON_OPTION } from '../output.ts';
import { INSTANCE_OPTIONS, instanceOf } from './instance-options.ts';
import { openDirectory } from './open-directory.ts';

const SELECTORS = ['*', valueOrigin.name, pendingChange.name];
const BASE = 'cn=effective';

export const resolveCommand: Command = {
  name: 'resolve',
  group: 'The server',
  synopsis: 'Prints what is in force and where each value comes from, or what does not resolve.',
  description:
    'Without FILE, the running server is asked. With --offline the files of the instance are read, whether its server\n' +
    'runs or not; with FILE..., LDIF files on top of them, whose entries take the place of those that are there, or,\n' +
    'with the entry cn=config in one, instead of them. FILE may be a folder, or - for standard input.\n' +
    'Expressions are resolved from the environment of this command. When something does not resolve, or does not fit,\n' +
    'every place is listed and the exit code is not 0. Secrets are shown as ***.',
  operands: '[FILE...]',
  options: [
    ...INSTANCE_OPTIONS,
    { name: 'offline', synopsis: 'read the files of the instance instead of asking its server' },
    JSON_OPTION,
    ...CONNECTION_OPTIONS,
  ],
  run: (invocation, world) =>
    invocation.has('offline') || invocation.operands.length > 0
      ? resolveFiles(invocation, world)
      : askServer(invocation, world),
};

async function askServer(invocation: Invocation, world: World): Promise<ExitCode> {
  const directory = await openDirectory(invocation, world);
  try {
    const entries = await directory.search({ base: BASE, scope: 'sub', attributes: SELECTORS });
    const definitions = new Definitions(objectDefinitions, (text) => text.toLowerCase());
    print(
      entries.map((entry) => masked(entry, definitions)),
      invocation,
      world,
    );
    return ExitCode.success;
  } finally {
    await directory.close();
  }
}

function print(entries: readonly Entry[], invocation: Invocation, { stdout }: World): void {
  if (!invocation.has('json')) {
    for (const entry of entries) stdout.write(`${formatEntry(entry)}\n`);
    return;
  }
  const shown = entries.map(({ dn, attributes }) => ({
    dn: dn.toString(),
    attributes: Object.fromEntries(attributes.map(({ description, values }) => [description, values])),
  }));
  stdout.write(formatJson(shown));
}

/** Who logs in may be allowed to read secrets; what is printed is for everybody. */
function masked(entry: Entry, definitions: Definitions): Entry {
  return entry.withAttributes(entry.attributes.map((one) => maskAttribute(one, definitions)));
}

async function resolveFiles(invocation: Invocation, world: World): Promise<ExitCode> {
  try {
    const choice = instanceOf(invocation, world);
    const files = await findInputFiles(invocation.operands);
    const { isStored, configuration, problems } = await openOfflineConfiguration(choice, files, world);
    if (!isStored && files.length === 0) {
      // A wrong path must not pass for a good configuration.
      const what = `${choice.instance} is no instance: it has no config/config.ldif.`;
      throw new CommandError(`${what} Name it with --instance, or name files.`, ExitCode.wrongData);
    }
    for (const problem of problems) world.stderr.write(`${problem}\n`);
    if (problems.length > 0) {
      world.stderr.write(`confdit: ${problems.length} to be put right.\n`);
      return ExitCode.constraintViolation;
    }
    const { tree, validator } = configuration;
    for (const sentence of await unusableFiles(tree.entries(), validator, choice.instance))
      world.stderr.write(`${UNUSABLE}${sentence}\n`);
    print([...entriesInForce(configuration)], invocation, world);
    return ExitCode.success;
  } catch (error) {
    if (!(error instanceof SourcesError) && !(error instanceof FileError)) throw error;
    throw new CommandError(error.message, ExitCode.wrongData, { cause: error });
  }
}

/** As the server would show them to somebody who may not read secrets. */
function* entriesInForce(configuration: Configuration): Generator<Entry> {
  const { schema, validator } = configuration;
  const views = new EntryViews(schema, validator.definitions, inForceAttributes(configuration));
  const effective = new EffectiveBackend(configuration, views, new ChangeFeed('', 0));
  const found = effective.search({
    base: BASE,
    baseKey: schema.dnKeyOfText(BASE),
    scope: SearchScope.wholeSubtree,
    filter: { type: 'present', attribute: 'objectClass' },
    selectors: SELECTORS,
    requester: { dn: '', name: 'resolve', privileges: new Set(['config-read']) },
  });
  for (const one of found) if (one instanceof Entry) yield one;
}

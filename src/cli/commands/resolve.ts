// `confdit resolve`: the effective values and where they come from, or all that does not resolve. From a running server, or
// from files alone, before there is one.

import { maskAttribute } from '../../access/masking.ts';
import { formatEntry } from '../../codec/ldif-writer.ts';
import { Definitions, objectDefinitions } from '../../config/definitions.ts';
import { pendingChange, valueOrigin } from '../../config/operational-attributes.ts';
import type { Entry } from '../../ldap/entry.ts';
import type { Invocation, World } from '../command.ts';
import { ExitCode } from '../exit-code.ts';
import { formatJson } from '../output-options.ts';
import { openDirectory } from './open-directory.ts';

const SELECTORS = ['*', valueOrigin.name, pendingChange.name];
const BASE = 'cn=effective';

/** Prints the effective values on a server, or what they would be by files. */
export async function resolve(invocation: Invocation, world: World): Promise<ExitCode> {
  const isOffline = invocation.has('offline') || invocation.operands.length > 0;
  if (!isOffline) return askServer(invocation, world);
  const { resolveFiles } = await import('../offline/resolved-files.ts');
  const entries = await resolveFiles(invocation, world);
  if (entries === undefined) return ExitCode.constraintViolation;
  print(entries, invocation, world);
  return ExitCode.success;
}

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

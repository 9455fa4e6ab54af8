// `confdit access`: what an account may do with an entry and each of its attributes, and what decides that. The server decides
// (get effective rights control); this prints it.

import { Definitions, objectDefinitions } from '../../config/definitions.ts';
import type { EffectiveRight } from '../../ldap/effective-right.ts';
import { readRights } from '../../ldap/effective-right.ts';
import type { Entry } from '../../ldap/entry.ts';
import { CommandError, type Invocation, UsageError, type World } from '../command.ts';
import { openServer } from '../commands/open-directory.ts';
import { formatTable } from '../dsconfig/table.ts';
import { ExitCode } from '../exit-code.ts';
import { formatJson } from '../output-options.ts';

const ANONYMOUS = 'anonymous';
const EVERYTHING = ['*', '+'];
/** The others of an attribute are the same as read. */
const OF_ATTRIBUTES: ReadonlySet<string> = new Set(['read', 'write']);

/** Prints the rights of an account. */
export async function access(invocation: Invocation, world: World): Promise<ExitCode> {
  const who = invocation.value('who');
  const dn = invocation.value('entry');
  if (who === undefined || dn === undefined)
    throw new UsageError('Name the account and the entry: confdit access --who DN --entry DN.');
  const server = await openServer(invocation, world);
  try {
    const [entry] = await server.search({ base: dn, scope: 'base', attributes: EVERYTHING });
    if (entry === undefined) throw new CommandError(`There is no entry ${dn}.`, ExitCode.noSuchObject);
    const found = await server.effectiveRights(dn, identityOf(who), attributesOf(entry));
    const rights = found.flatMap(readRights).filter(isShown);
    print(who, entry.dn.toString(), rights, invocation, world);
    return ExitCode.success;
  } finally {
    await server.close();
  }
}

function identityOf(who: string): string {
  if (who === '' || who === ANONYMOUS) return 'dn:';
  return who.includes('=') ? `dn:${who}` : `u:${who}`;
}

/** Returns the names of the attributes that the entry has or may have. */
function attributesOf(entry: Entry): readonly string[] {
  const definition = new Definitions(objectDefinitions, (text) => text.toLowerCase()).findForEntry(entry);
  const possible = definition?.properties.map(({ attribute }) => attribute) ?? [];
  return [...entry.attributes.map(({ description }) => description), ...possible];
}

function isShown({ right, attribute }: EffectiveRight): boolean {
  return attribute === undefined || OF_ATTRIBUTES.has(right);
}

function print(
  who: string,
  entry: string,
  rights: readonly EffectiveRight[],
  invocation: Invocation,
  { stdout }: World,
): void {
  if (invocation.has('json')) {
    const shown = rights.map(({ right, attribute, isAllowed, policies, privileges, reason }) => ({
      right,
      ...(attribute === undefined ? {} : { attribute }),
      allowed: isAllowed,
      policies,
      privileges,
      ...(reason === '' ? {} : { reason }),
    }));
    stdout.write(formatJson({ who, entry, rights: shown }));
    return;
  }
  const rows = rights.map((one) => [
    one.attribute ?? '(entry)',
    one.right,
    one.isAllowed ? 'yes' : 'no',
    becauseOf(one),
  ]);
  stdout.write(formatTable(['Attribute', 'Right', 'Allowed', 'Because of'], rows));
}

function becauseOf({ policies, privileges, reason }: EffectiveRight): string {
  const parts = [
    ...privileges.map((name) => `privilege ${name}`),
    ...policies.map((name) => `policy ${JSON.stringify(name)}`),
  ];
  return parts.length === 0 ? reason : parts.join(', ');
}

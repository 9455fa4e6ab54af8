// Reads the changes of a cluster, and the mail servers that they have left, as a server shows them.

import type { Entry } from '../../../src/ldap/entry.ts';
import type { LdapTools } from '../ldap-tools.ts';
import type { LoggedChange, State } from './history.ts';

const HOST = 'ds-cfg-smtp-server';
const CHANGES = ['changeNumber', 'changeType', 'targetDN', 'changes'];

/** Returns the changes after a number, in order, from cn=changelog. */
export async function logAt(tools: LdapTools, after: number): Promise<readonly LoggedChange[]> {
  const entries = await tools.entries(
    'cn=changelog',
    '-s',
    'one',
    `(changeNumber>=${after + 1})`,
    ...CHANGES,
  );
  return entries.map(changeOf).sort((one, other) => one.number - other.number);
}

/** Returns the hosts of all mail servers. */
export async function stateAt(tools: LdapTools, container: string): Promise<State> {
  const entries = await tools.entries(container, '-s', 'one', 'cn', HOST);
  return new Map(entries.map((entry) => [entry.first('cn') ?? '', entry.first(HOST) ?? '']));
}

function changeOf(entry: Entry): LoggedChange {
  const [number, type] = [Number(entry.first('changenumber')), entry.first('changetype')];
  const name = /^cn=([^,]*)/.exec(entry.first('targetdn') ?? '')?.[1] ?? '';
  const changes = entry.first('changes') ?? '';
  const hosts = [...changes.matchAll(/^ds-cfg-smtp-server: (.*)$/gm)].map(([, host = '']) => host);
  if (type === 'delete') return { number, type, name, host: '' };
  if (type === 'add') return { number, type, name, host: hosts[0] ?? '' };
  if (type !== 'modify') throw new Error(`Change ${number} is of the type ${type}.`);
  const [expected] = /^delete: ds-cfg-smtp-server$/m.test(changes) ? hosts : [];
  return { number, type, name, host: hosts.at(-1) ?? '', ...(expected === undefined ? {} : { expected }) };
}

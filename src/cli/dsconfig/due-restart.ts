// A change that waits until its object is disabled and enabled again: to do that at once is offered to whoever is at the
// terminal.

import type { ObjectDefinition } from '../../config/object-definition.ts';
import { Attribute, type Entry } from '../../ldap/entry.ts';
import { askYesOrNo, mayBeAsked } from '../ask.ts';
import type { Invocation, World } from '../command.ts';
import type { Directory } from '../connection/directory.ts';
import type { PropertyEdits } from './property-edit.ts';

const ENABLED = 'enabled';
const PENDING = 'ds-cfg-pending-change';
/** Kind that is never restarted here: who disabled the connection handler of the own connection could not enable it again. */
const NEVER_OFFERED = 'ds-cfg-connection-handler';

export interface DueRestart {
  readonly directory: Directory;
  /** As it was before the change. */
  readonly entry: Entry;
  readonly kind: ObjectDefinition;
  readonly edits: PropertyEdits;
  readonly invocation: Invocation;
  readonly world: World;
}

/**
 * Offers to disable and enable a changed object whose new values wait for that, if a person is at the terminal. Rejects with
 * CommandError.
 */
export async function offerRestart(due: DueRestart): Promise<void> {
  const { directory, entry, kind, invocation, world } = due;
  const isAsked = world.stdin.isTTY === true && mayBeAsked(invocation) && !invocation.has('offline');
  const enabled = kind.propertiesByName.get(ENABLED);
  if (!isAsked || enabled === undefined || !isDue(due)) return;
  const dn = entry.dn.toString();
  const [now] = await directory.search({
    base: dn,
    scope: 'base',
    attributes: [enabled.attribute, PENDING],
  });
  if (now?.first(PENDING) === undefined || now.first(enabled.key)?.toLowerCase() !== 'true') return;
  const question = `Disable the ${kind.friendlyName} ${entry.dn.name} and enable it again now?`;
  if (!(await askYesOrNo(question, world))) return;
  for (const value of ['false', 'true']) {
    const attribute = new Attribute(enabled.attribute, [value]);
    const notes = await directory.modify(dn, [{ operation: 'replace', attribute }]);
    if (notes !== '') world.stdout.write(`${notes}\n`);
  }
  world.stdout.write(`The ${kind.friendlyName} was disabled and enabled again\n`);
}

function isDue({ entry, edits: { edits } }: DueRestart): boolean {
  const isHandler = entry.values('objectclass').some((name) => name.toLowerCase() === NEVER_OFFERED);
  return !isHandler && edits.some(({ property }) => property.adminAction.kind === 'component-restart');
}

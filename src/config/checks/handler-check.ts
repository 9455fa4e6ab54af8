// One connection handler must stay enabled, otherwise nobody could reach the server to enable another. The reference
// index answers this: every enabled handler "refers" to a key that no entry can have.

import type { Issue } from '../../ldap/issue.ts';
import { isOfKind, type ObjectDefinition } from '../object-definition.ts';
import { connectionHandler } from '../objects/connection-handler.ts';
import { httpConnectionHandler } from '../objects/http-connection-handler.ts';
import { Container } from '../objects/properties/places.ts';
import type { ObjectReading } from '../property-reader.ts';
import type { CheckContext } from './reference-check.ts';

/** Key of the enabled handlers. */
const ENABLED_HANDLERS_KEY = '(connection handlers)';

/** Returns the ReferenceIndex keys of a handler. */
export function handlerTargetsOf(reading: ObjectReading): readonly string[] {
  return isEnabledHandler(reading) ? [ENABLED_HANDLERS_KEY] : [];
}

/** Refuses a change after which no handler is enabled (result code 53). */
export function checkLastHandler(
  before: ObjectReading | undefined,
  after: ObjectReading | undefined,
  entryKey: string,
  { view }: CheckContext,
): Issue[] {
  if (before === undefined || !isEnabledHandler(before)) return [];
  if (after !== undefined && isEnabledHandler(after)) return [];
  for (const other of view.referrers(ENABLED_HANDLERS_KEY)) if (other !== entryKey) return [];
  const what = after === undefined ? 'deleted' : 'disabled';
  return [
    {
      code: 'unwillingToPerform',
      dn: before.entry.dn.toString(),
      problem: `cannot be ${what}: it is the last enabled connection handler, and nobody could reach the server any more`,
      advice: 'Enable another one first; to make changes of this one take effect, restart the server.',
    },
  ];
}

/**
 * Refuses a configuration without an enabled handler. Takes all entries; undefined stands for one that is no object.
 */
export function checkAnyHandler(readings: readonly (ObjectReading | undefined)[]): Issue[] {
  if (readings.some((reading) => reading !== undefined && isEnabledHandler(reading))) return [];
  return [
    {
      code: 'unwillingToPerform',
      dn: Container.connectionHandlers,
      problem: 'has no connection handler for LDAP that is enabled, and nobody could reach the server',
      advice:
        'Set ds-cfg-enabled of one of them to true; where it is an expression, correct what that resolves to.',
    },
  ];
}

/** Returns true for handlers over which the configuration can be changed, which HTTP handlers are not. */
export function isHandlerKind(definition: ObjectDefinition): boolean {
  return isOfKind(definition, connectionHandler.kind) && definition.kind !== httpConnectionHandler.kind;
}

function isEnabledHandler({ definition, properties }: ObjectReading): boolean {
  return isHandlerKind(definition) && properties.get('enabled')?.values[0] === true;
}

// Pending changes in words: for the answer to a change, and for readers of the entry who know no manual. Never
// contains a secret value.

import type { PendingChange } from './admin-actions.ts';
import type { ObjectDefinition } from './object-definition.ts';
import type { ObjectReading, PropertyReading } from './property-reader.ts';

const VALUES_SHOWN_MAX = 5;
const VALUE_CHARACTERS_MAX = 120;
const NOT_HERE = 'This server could not put it into force: its log says why. Put that right and reload.';

/** Returns one line of the answer: the property that is stored and not yet effective, and what to do. */
export function formatPendingNote(reading: ObjectReading, change: PendingChange): string {
  const { property, waitsFor } = change;
  const start = `${reading.entry.dn}: ${property.name} is stored and not yet effective.`;
  if (waitsFor !== undefined) return `${start} It changes together with ${waitsFor.name}.`;
  if (change.action === 'reload') return `${start} ${NOT_HERE}`;
  const what = nameOf(reading.definition);
  const usual =
    change.action === 'server-restart'
      ? 'Restart the server for a change to take effect.'
      : `Disable the ${what} and enable it again for a change to take effect.`;
  return `${start} ${property.adminAction.note ?? usual}`;
}

/**
 * Returns `use-ssl: the effective value is "false"; disable and enable this mail server again to make "true" take effect
 * (changed 2026-11-22T08:15:00Z)`. Takes the stored object.
 */
export function formatPendingChange(reading: ObjectReading, change: PendingChange): string {
  const { property, action, since, inForce, waitsFor } = change;
  const written = reading.properties.get(property.name);
  const goal = property.type.secret ? 'the new value' : written === undefined ? 'it' : shown(written);
  const means =
    action === 'reload'
      ? `this server could not make ${goal} take effect; put right what its log names, and reload`
      : action === 'server-restart'
        ? `restart the server to make ${goal} take effect`
        : `disable and enable this ${nameOf(reading.definition)} again to make ${goal} take effect`;
  const together = waitsFor === undefined ? '' : `, together with ${waitsFor.name}`;
  const now = property.type.secret ? 'the previous one' : shown(inForce);
  return `${property.name}: the effective value is ${now}; ${means}${together} (changed ${formatTime(since)})`;
}

/** Returns the values as text. A default is marked, because it is not in the entry. */
function shown({ definition, texts, isWritten }: PropertyReading): string {
  if (texts.length === 0) return isWritten ? 'no value' : 'the default';
  const values = texts.slice(0, VALUES_SHOWN_MAX).map((text) => {
    const safe = definition.type.show(text);
    return `"${safe.length > VALUE_CHARACTERS_MAX ? `${safe.slice(0, VALUE_CHARACTERS_MAX)}…` : safe}"`;
  });
  const more = texts.length - values.length;
  const list = `${values.join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
  return isWritten ? list : `the default ${list}`;
}

/**
 * Returns the name of a kind within a sentence: `LDAP connection handler`. Words are in lower case, abbreviations
 * unchanged.
 */
function nameOf({ friendlyName }: ObjectDefinition): string {
  return friendlyName.replace(/\b[A-Z][a-z]+/g, (word) => word.toLowerCase());
}

function formatTime(at: Date): string {
  return `${at.toISOString().slice(0, 'yyyy-mm-ddThh:mm:ss'.length)}Z`;
}

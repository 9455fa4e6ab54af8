// Origins of effective values in words: `smtp-server: environment variable SMTP_HOST`. Never contains a secret or
// the content of a source.

import type { Use } from '../expression/origin.ts';
import type { ObjectReading, PropertyReading } from './property-reader.ts';

/** Maximum number of origins shown for one value. */
const USES_SHOWN_MAX = 20;

/** Words for each origin, before the name of its source. */
const WORDS: Readonly<Record<Use['origin'], string>> = {
  environment: 'environment variable',
  definition: 'definition',
  file: 'file',
  credential: 'credential',
  http: 'secret source',
  default: 'default',
};

/**
 * Returns one text for each property with an effective value, or one for each value if their origins differ. Takes
 * the effective reading.
 */
export function originTexts({ properties }: ObjectReading): readonly string[] {
  return [...properties.values()].flatMap((reading) => {
    const { name, type } = reading.definition;
    if (reading.texts.length === 0) return [];
    const origins = reading.texts.map((_, index) => originOf(reading, reading.uses[index] ?? []));
    if (type.secret || origins.every((origin) => origin === origins[0])) return [`${name}: ${origins[0]}`];
    return reading.texts.map(
      (text, index) => `${name} ${JSON.stringify(type.show(text))}: ${origins[index]}`,
    );
  });
}

function originOf({ isWritten, definition }: PropertyReading, uses: readonly Use[]): string {
  if (!isWritten) return 'default';
  const written = uses.filter(({ expression }) => expression !== undefined);
  if (written.length === 0) return 'written';
  const { secret, mayHoldSecrets } = definition.type;
  const inner = secret || mayHoldSecrets ? [] : innerOrigins(uses);
  const within = inner.length === 0 ? '' : `, which leads to ${inner.join(', ')}`;
  const [only] = written;
  if (written.length === 1 && only !== undefined) {
    return only.origin === 'default' ? `default of ${only.expression}` : sourceOf(only) + within;
  }
  const shown = written.slice(0, USES_SHOWN_MAX).map((use) => `${use.expression} from ${sourceOf(use)}`);
  const others = written.length - shown.length;
  return shown.join('; ') + (others > 0 ? `; and ${others} more` : '') + within;
}

/** Returns the origins inside the values of sources, as kinds only: names there may be part of a secret. */
function innerOrigins(uses: readonly Use[]): readonly string[] {
  const inner = uses.filter(({ expression }) => expression === undefined);
  return [
    ...new Set(inner.map((use) => (use.origin === 'default' ? 'a default' : `another ${WORDS[use.origin]}`))),
  ];
}

function sourceOf({ origin, source }: Use): string {
  if (origin === 'default') return 'its default';
  return source === undefined ? `${WORDS[origin]} that an expression names` : `${WORDS[origin]} ${source}`;
}

// Where the values in force come from, in words: `smtp-server: environment`. Never the value of a secret.

import type { Origin } from '../expression/origin.ts';
import { resolve } from '../expression/resolve.ts';
import type { Sources } from '../expression/sources.ts';
import { hasExpression } from '../expression/template.ts';
import { type ObjectReading, type PropertyReading, takesExpressions } from './property-reader.ts';

interface ValueOrigin {
  readonly text: string;
  readonly origin: Origin;
}

/**
 * One text for each property that has a value in force; where the values of one differ in their origin, one for each
 * value. Takes what is in force; `asWritten` says whether that is what the entry has, or waits for an admin action.
 */
export function originTexts(
  { entry, properties }: ObjectReading,
  sources: Sources,
  asWritten: (property: string) => boolean,
): readonly string[] {
  return [...properties.values()].flatMap((reading) => {
    const { name, type } = reading.definition;
    if (reading.texts.length === 0) return [];
    const origins =
      type.secret || !asWritten(name)
        ? []
        : valueOrigins(reading, entry.values(reading.definition.key), sources);
    if (origins.every(({ origin }) => origin === origins[0]?.origin)) return [`${name}: ${reading.origin}`];
    return origins.map(({ text, origin }) => `${name} ${JSON.stringify(type.show(text))}: ${origin}`);
  });
}

function valueOrigins(
  { definition }: PropertyReading,
  written: readonly string[],
  sources: Sources,
): readonly ValueOrigin[] {
  if (written.length < 2 || !takesExpressions(definition.key)) return [];
  return written.flatMap((text) => {
    if (!hasExpression(text)) return [{ text, origin: 'written' as const }];
    const resolution = resolve(text, sources, { multiple: definition.multiValued });
    if (!resolution.resolved) return [];
    return resolution.values.map((value) => ({ text: value, origin: resolution.origin }));
  });
}

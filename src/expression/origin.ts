// Where a value came from.

/** The strongest that took part: environment, then definition, file, default; `written` without expressions. */
export type Origin = 'written' | 'default' | 'environment' | 'definition' | 'file';

/** One expression of a value, and what gave the text in its place. */
export interface Use {
  /** As it is written, its default shown as `…`; undefined for one that is inside what a source holds. */
  readonly expression: string | undefined;
  readonly origin: Exclude<Origin, 'written'>;
  /** The name of the variable or token, or the file; undefined where a source had part in the name, or for a default. */
  readonly source: string | undefined;
}

const STRENGTH: readonly Origin[] = ['written', 'default', 'file', 'definition', 'environment'];

export function stronger(one: Origin, other: Origin): Origin {
  return STRENGTH.indexOf(one) > STRENGTH.indexOf(other) ? one : other;
}

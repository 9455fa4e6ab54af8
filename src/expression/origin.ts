// Where a value came from.

/** The strongest that took part: environment, then definition, file, default; `written` without expressions. */
export type Origin = 'written' | 'default' | 'environment' | 'definition' | 'file';

const STRENGTH: readonly Origin[] = ['written', 'default', 'file', 'definition', 'environment'];

export function stronger(one: Origin, other: Origin): Origin {
  return STRENGTH.indexOf(one) > STRENGTH.indexOf(other) ? one : other;
}

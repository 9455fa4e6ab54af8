// The origin of a value.

/** Strongest origin of a value: environment, then definition, file, credential, secret source, default; `written` without expressions. */
export type Origin = 'written' | 'default' | 'environment' | 'definition' | 'file' | 'credential' | 'http';

/** One expression of a value, and the source of its text. */
export interface Use {
  /** Expression as written, with its default as `…`; undefined for one inside the value of a source. */
  readonly expression: string | undefined;
  readonly origin: Exclude<Origin, 'written'>;
  /**
   * Name of the variable, the token, the file, the credential or the secret. Undefined for a default, and if a source supplied part of the
   * name.
   */
  readonly source: string | undefined;
}

const STRENGTH: readonly Origin[] = [
  'written',
  'default',
  'http',
  'credential',
  'file',
  'definition',
  'environment',
];

/** Returns the stronger of two origins. */
export function stronger(one: Origin, other: Origin): Origin {
  return STRENGTH.indexOf(one) > STRENGTH.indexOf(other) ? one : other;
}

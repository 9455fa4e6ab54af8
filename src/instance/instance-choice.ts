// What a person chose: which instance, and how it is opened.

/** Which instance, and with which definitions of tokens (`token=value`, as written). */
export interface InstanceChoice {
  readonly instance: string;
  readonly definitions: readonly string[];
  /** The file with variables that take the place of the environment. */
  readonly environmentFile?: string | undefined;
  /** Back to the configuration of the last good start. */
  readonly isLastKnownGood?: boolean;
  /** True if an edit of config.ldif that loses entries, or looks like damage, is meant. */
  readonly acceptsEdit?: boolean;
}

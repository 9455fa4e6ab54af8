// The options of every command that works on the files of an instance.

import type { CommandOption, Invocation, World } from '../../cli/command.ts';

/** Also where the variable is there and empty: the current folder is nobody's wish. */
const DEFAULT_INSTANCE = 'instance';

export const INSTANCE_OPTIONS: readonly CommandOption[] = [
  {
    name: 'instance',
    value: 'FOLDER',
    synopsis:
      'where configuration, journal and keys are kept (default: CONFDIT_INSTANCE, or ./instance); made on first start',
  },
  {
    name: 'define',
    value: 'TOKEN=VALUE',
    repeatable: true,
    synopsis: 'a value for the expression $<TOKEN>',
  },
];

/** Which instance, and with which definitions of tokens (`token=value`, as written). */
export interface InstanceChoice {
  readonly instance: string;
  readonly definitions: readonly string[];
  /** Back to the configuration of the last good start. */
  readonly isLastKnownGood?: boolean;
  /** Whether an edit of config.ldif that loses entries, or looks like damage, is meant. */
  readonly acceptsEdit?: boolean;
}

export function instanceOf(invocation: Invocation, { env }: Pick<World, 'env'>): InstanceChoice {
  return {
    instance: invocation.value('instance') || env.CONFDIT_INSTANCE || DEFAULT_INSTANCE,
    definitions: invocation.values('define'),
  };
}

// The options of every command that works on the files of an instance.

import type { InstanceChoice } from '../../instance/instance-choice.ts';
import type { CommandOption, Invocation, World } from '../command.ts';

/** Also where the variable is there and empty: the current folder is nobody's wish. */
const DEFAULT_INSTANCE = 'instance';

/** Options for the sources of expressions, beside the files of the instance. */
export const SOURCE_OPTIONS: readonly CommandOption[] = [
  {
    name: 'define',
    value: 'TOKEN=VALUE',
    repeatable: true,
    group: 'instance',
    synopsis: 'a value for the expression $<TOKEN>',
  },
  {
    name: 'env-file',
    value: 'FILE',
    group: 'instance',
    synopsis: 'lines NAME=value to resolve expressions with, instead of the environment',
  },
];

export const INSTANCE_OPTION: CommandOption = {
  name: 'instance',
  value: 'FOLDER',
  group: 'instance',
  synopsis:
    'the folder of configuration, journal and keys (default: CONFDIT_INSTANCE, or ./instance); created at the first start',
};

export const INSTANCE_OPTIONS: readonly CommandOption[] = [INSTANCE_OPTION, ...SOURCE_OPTIONS];

/** Returns the instance that the options or the environment choose, with its sources of expressions. */
export function instanceOf(invocation: Invocation, { env }: Pick<World, 'env'>): InstanceChoice {
  return {
    instance: invocation.value('instance') || env.CONFDIT_INSTANCE || DEFAULT_INSTANCE,
    definitions: invocation.values('define'),
    environmentFile: invocation.value('env-file'),
  };
}

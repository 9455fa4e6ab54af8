// What to say when a secret stands on the command line, where others on this machine can read it. Only where somebody
// reads it: scripts get no advice; help has it.

import type { Invocation, World } from '../command.ts';
import type { ObjectFamily } from './object-family.ts';

const EXPRESSION = /\$<|&\{/;

/** Prints advice if a secret was typed on the command line and a person reads standard error. */
export function adviseOnSecrets(
  invocation: Invocation,
  { types }: ObjectFamily,
  { stderr }: Pick<World, 'stderr'>,
): void {
  if (stderr.isTTY !== true || invocation.has('quiet')) return;
  const named = new Set<string>();
  for (const written of [...invocation.values('set'), ...invocation.values('add')]) {
    const colon = written.indexOf(':');
    const name = written.slice(0, colon).toLowerCase();
    const isSecret = [...types.values()].some((kind) => kind.propertiesByName.get(name)?.type.secret);
    if (isSecret && !EXPRESSION.test(written.slice(colon + 1))) named.add(name);
  }
  for (const name of named) {
    stderr.write(
      `Others on this machine can read what --set ${name}:… gives. Better: an expression in single quotes, ` +
        `'${name}:$<file:FILE>' or '${name}:$<env:NAME>', or confdit menu, where it is typed unseen.\n`,
    );
  }
}

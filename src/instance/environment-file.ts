// A file with variables, as `--env-file` names it: what expressions are resolved with instead of the environment.

import { parseEnv } from 'node:util';
import { readText } from '../files/text.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** Variables of confdit itself, which keep their values. */
const OWN_VARIABLE = /^(?:CONFDIT|DS)_/;

/** Returns the environment itself without a file. Throws UnreadableFile. */
export async function environmentWith(
  file: string | undefined,
  environment: Environment,
): Promise<Environment> {
  if (file === undefined) return environment;
  const own = Object.entries(environment).filter(([name]) => OWN_VARIABLE.test(name));
  return { ...Object.fromEntries(own), ...parseEnv(await readText(file)) };
}

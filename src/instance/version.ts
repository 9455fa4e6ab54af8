// The version, from the one place where it is written.

import { readFileSync } from 'node:fs';
import { Reason } from '../files/program-error.ts';

const manifest: unknown = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));

export const VERSION: string = versionOf(manifest);

function versionOf(value: unknown): string {
  const isObject = typeof value === 'object' && value !== null;
  if (isObject && 'version' in value && typeof value.version === 'string') return value.version;
  throw new Reason('package.json of the program has no version; install confdit again.');
}

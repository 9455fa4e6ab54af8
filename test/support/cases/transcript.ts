// A terminal session as a file to compare with: what differs from run to run has a name instead.

import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';

const STABLE: readonly (readonly [RegExp, string])[] = [
  [/(?:[0-9A-F]{2}:){31}[0-9A-F]{2}/g, 'FINGERPRINT'],
  [/\b\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC\b/g, 'TIME'],
  [/\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z/g, 'TIME'],
  [/\b\d+(?:\.\d+)? ms\b/g, 'N ms'],
];

/** Compares with a file, named from the root of the project; `names` are texts and what is written for them. */
export async function expectTranscript(
  path: string,
  text: string,
  names: Readonly<Record<string, string>> = {},
): Promise<void> {
  let stable = text;
  for (const [part, instead] of Object.entries(names)) stable = stable.replaceAll(part, instead);
  for (const [pattern, instead] of STABLE) stable = stable.replaceAll(pattern, instead);
  const lines = stable.split('\n').map((line) => line.trimEnd());
  await expect(`${lines.join('\n').trimEnd()}\n`).toMatchFileSnapshot(
    fileURLToPath(new URL(`../../../${path}`, import.meta.url)),
  );
}

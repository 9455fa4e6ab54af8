// What commands print: the options for people, for scripts (-s) and for programs (--json).

import type { CommandOption } from './command.ts';

export const JSON_OPTION: CommandOption = { name: 'json', group: 'output', synopsis: 'print JSON' };

export const OUTPUT_OPTIONS: readonly CommandOption[] = [
  JSON_OPTION,
  {
    name: 'script-friendly',
    short: 's',
    group: 'output',
    synopsis: 'print plain lines, cells apart by tabs',
  },
  { name: 'quiet', short: 'Q', group: 'output', synopsis: 'print nothing but problems' },
  { name: 'verbose', short: 'v', group: 'output', synopsis: 'say what was done' },
];

/** Returns a value as docs/cli-output.schema.json describes it. */
export function formatJson(value: unknown): string {
  return `${JSON.stringify(value, undefined, 2)}\n`;
}

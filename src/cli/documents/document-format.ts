// The forms that a document of entries may have, as an option of commands.

import { UsageError } from '../command.ts';

export const DOCUMENT_FORMATS = ['ldif', 'yaml', 'json'] as const;
export type DocumentFormat = (typeof DOCUMENT_FORMATS)[number];

/** The forms that an entry is edited in. JSON has no comments, in which the problems could be shown. */
export const EDIT_FORMATS = ['ldif', 'yaml'] as const;

/** For help: `ldif, yaml or json`. */
export const FORMAT_NAMES = DOCUMENT_FORMATS.join(', ').replace(/, (\w+)$/, ' or $1');

/** Returns the form that an option names. Throws UsageError. */
export function formatOfOption(option: string, written: string): DocumentFormat {
  const format = DOCUMENT_FORMATS.find((one) => one === written.toLowerCase());
  if (format === undefined) throw new UsageError(`--${option} is ${FORMAT_NAMES}.`);
  return format;
}

// The form of documents as an option of commands.

import { UsageError } from '../command.ts';
import { DOCUMENT_FORMATS, type DocumentFormat } from './read-document.ts';

/** For help: `ldif, yaml or json`. */
export const FORMAT_NAMES = DOCUMENT_FORMATS.join(', ').replace(/, (\w+)$/, ' or $1');

/** Returns the form that an option names. Throws UsageError. */
export function formatOfOption(option: string, written: string): DocumentFormat {
  const format = DOCUMENT_FORMATS.find((one) => one === written.toLowerCase());
  if (format === undefined) throw new UsageError(`--${option} is ${FORMAT_NAMES}.`);
  return format;
}

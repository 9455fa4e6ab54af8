// `--define token=value`: one token given on the command line.

import { SourcesError } from './sources-error.ts';
import { allowedInName, findWrongCharacter, printable } from './template.ts';

export interface Definition {
  readonly token: string;
  readonly value: string;
}

/** Parses `token=value` to a definition. The value may be empty and may contain `=`. Throws SourcesError. */
export function parseDefinition(text: string): Definition {
  const equals = text.indexOf('=');
  // Without "=" the text may be a token or a secret value, so the message does not repeat it.
  if (equals === -1) throw new SourcesError(['--define needs token=value, and one of them has no "="']);
  const token = text.slice(0, equals);
  if (token === '') throw new SourcesError(['--define needs token=value, and one of them has no token']);
  if (findWrongCharacter('token', token) !== undefined) {
    throw new SourcesError([`--define ${printable(token)}=… cannot be looked up; ${allowedInName('token')}`]);
  }
  return { token, value: text.slice(equals + 1) };
}

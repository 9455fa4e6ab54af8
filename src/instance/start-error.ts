// What keeps a server from starting, in words for the person who started it.

import { SourcesError } from '../expression/sources-error.ts';
import { FileError } from '../files/file-error.ts';
import { LdapError } from '../ldap/ldap-error.ts';
import { SchemaError } from '../schema/schema-error.ts';

/** One sentence a line. */
export class StartError extends Error {}

const KNOWN = [StartError, SourcesError, SchemaError, FileError, LdapError];

/** The sentences of an error that an administrator can do something about; with its stack when it is a bug. */
export function sentenceForPeople(error: unknown): string {
  if (!(error instanceof Error)) return `confdit cannot start: ${error}\n`;
  const isKnown = KNOWN.some((type) => error instanceof type);
  const text = isKnown ? error.message : (error.stack ?? error.message);
  return `confdit cannot start:\n${text.replace(/^/gm, '  ')}\n`;
}

// Errors of the rooms below as errors of commands: a sentence for the person, and an exit code.

import { SourcesError } from '../expression/sources-error.ts';
import { FileError } from '../files/file-error.ts';
import { StartError } from '../instance/start-error.ts';
import { LdapError } from '../ldap/ldap-error.ts';
import { SchemaError } from '../schema/schema-error.ts';
import { CommandError } from './command.ts';
import { ExitCode } from './exit-code.ts';

/** Errors that the person who typed a command can correct; any other is a fault of the program. */
const KNOWN = [StartError, SourcesError, SchemaError, FileError, LdapError];

/** Resolves to what the work resolves to. Rejects with CommandError for what a person can correct. */
export async function asCommandError<Result>(work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof Error) || !KNOWN.some((type) => error instanceof type)) throw error;
    throw new CommandError(error.message, ExitCode.wrongData, { cause: error });
  }
}

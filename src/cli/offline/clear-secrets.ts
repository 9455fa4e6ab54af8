// Secrets in clear text that a command prints from the files of an instance: no server logs that, so it is noted in the instance.

import { userInfo } from 'node:os';
import { resolve } from 'node:path';
import { messageOf } from '../../files/file-error.ts';
import { noteClearExport } from '../../instance/clear-exports.ts';
import type { Change } from '../../ldap/change.ts';
import { encryptChange, type StoredValues } from '../../store/encryption/stored-values.ts';
import type { World } from '../command.ts';

/** Secrets that are printed or written. */
export interface ClearSecrets {
  readonly instance: string;
  /** Name of the entry at and above all of it. */
  readonly base: string;
  /** File; undefined for standard output. */
  readonly path?: string | undefined;
}

/** Leaves a note in the instance, and says so. Called before anything is written. */
export async function noteClearSecrets(
  { instance, base, path }: ClearSecrets,
  { stderr }: Pick<World, 'stderr'>,
): Promise<void> {
  stderr.write('Secrets are written in clear text.\n');
  const note = { who: userOfSystem(), base, path: path && resolve(path) };
  await noteClearExport(resolve(instance), note, new Date()).catch((error: unknown) => {
    stderr.write(
      `This export cannot be noted in ${instance}, so no start reports it: ${messageOf(error)}.\n`,
    );
  });
}

/** Notes changes that are printed, if one of them has a secret. */
export async function noteSecretsIn(
  changes: readonly Change[],
  values: StoredValues,
  instance: string,
  world: Pick<World, 'stderr'>,
): Promise<void> {
  const hasSecrets = changes.some((change) => encryptChange(change, values) !== change);
  if (hasSecrets) await noteClearSecrets({ instance, base: 'cn=config' }, world);
}

/** A user that the system has no name for is a number. */
function userOfSystem(): string {
  try {
    return userInfo().username;
  } catch {
    return `user ${process.getuid?.() ?? 'without a name'}`;
  }
}

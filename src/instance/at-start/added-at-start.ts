// What a start adds to the configuration: entries that this version has, and the administrator's password. Where several servers
// share the configuration, another one may be first, or take no changes now.

import type { Configuration } from '../../configuration/configuration.ts';
import type { WritePath } from '../../configuration/write/write-path.ts';
import type { Log } from '../../files/log.ts';
import { LdapError } from '../../ldap/ldap-error.ts';
import { ResultCode } from '../../ldap/result-code.ts';
import { giveAdministratorPassword } from '../administrator.ts';
import type { Instance } from '../instance.ts';
import { addShippedPolicies } from '../shipped-policies.ts';
import { addMissingContainers } from './containers.ts';

export interface AddedAtStart {
  readonly instance: Instance;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly configuration: Configuration;
  readonly writePath: WritePath;
  /** True if other servers have a say in the configuration. */
  readonly isShared: boolean;
  readonly now: () => Date;
  readonly log: Log;
}

/** How often what is missing is looked for again because another server has changed something meanwhile. */
const TRIES_MAX = 8;
/** The servers share a place that takes no changes now, or too many. */
const LATER: ReadonlySet<number> = new Set([ResultCode.unavailable, ResultCode.busy]);

/** Adds what is missing. Rejects with LdapError and StartError; a server of a cluster starts without what cannot be added now. */
export async function addAtStart(parts: AddedAtStart): Promise<void> {
  const { instance, environment, configuration, writePath, now, log } = parts;
  const works = [
    () => addShippedPolicies(configuration, writePath, log),
    () => addMissingContainers(configuration, writePath, log),
    () => giveAdministratorPassword(instance, environment, configuration, writePath, now),
  ];
  for (const work of works) await (parts.isShared ? addShared(work, log) : work());
}

/** Looks again for what is missing after each refusal: what another server has added is not missing any more. */
async function addShared(work: () => Promise<void>, log: Pick<Log, 'warn'>): Promise<void> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof LdapError)) throw error;
      if (LATER.has(error.code)) {
        log.warn(
          { err: error },
          'what this version adds to the configuration cannot be stored now; a later start of a server of the cluster adds it',
        );
        return;
      }
      if (tries === TRIES_MAX) throw error;
    }
  }
}

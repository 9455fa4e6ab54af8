// The effective values that files make, as `confdit resolve` prints them: those of an instance, and LDIF files on top.

import { ChangeFeed } from '../../backend/change-feed.ts';
import { pendingChange, valueOrigin } from '../../config/operational-attributes.ts';
import type { Configuration } from '../../configuration/configuration.ts';
import { EffectiveBackend } from '../../configuration/effective-backend.ts';
import { inForceAttributes } from '../../configuration/in-force-attributes.ts';
import { SourcesError } from '../../expression/sources-error.ts';
import { FileError } from '../../files/file-error.ts';
import { UNUSABLE, unusableFiles } from '../../instance/unusable-files.ts';
import { Entry } from '../../ldap/entry.ts';
import { countOf } from '../../ldap/issue.ts';
import { SearchScope } from '../../ldap/message.ts';
import { CommandError, type Invocation, type World } from '../command.ts';
import { instanceOf } from '../commands/instance-options.ts';
import { ExitCode } from '../exit-code.ts';
import { findInputFiles } from '../files/input-files.ts';
import { openOfflineConfiguration } from './offline-configuration.ts';
import { offlineViews } from './offline-views.ts';

const SELECTORS = ['*', valueOrigin.name, pendingChange.name];
const BASE = 'cn=effective';

/**
 * Resolves to the entries that would be in force by the files; undefined when something is wrong, which is reported. Rejects with
 * CommandError.
 */
export async function resolveFiles(
  invocation: Invocation,
  world: World,
): Promise<readonly Entry[] | undefined> {
  try {
    const choice = instanceOf(invocation, world);
    const files = await findInputFiles(invocation.operands);
    const { isStored, configuration, problems } = await openOfflineConfiguration(choice, files, world);
    if (!isStored && files.length === 0) {
      // A wrong path must not pass for a good configuration.
      const what = `${choice.instance} is no instance: it has no config/config.ldif.`;
      throw new CommandError(`${what} Name it with --instance, or name files.`, ExitCode.wrongData);
    }
    for (const problem of problems) world.stderr.write(`${problem}\n`);
    if (problems.length > 0) {
      world.stderr.write(`confdit: ${countOf(problems.length, 'error')}.\n`);
      return undefined;
    }
    const { tree, validator } = configuration;
    for (const sentence of await unusableFiles(tree.entries(), validator, choice.instance))
      world.stderr.write(`${UNUSABLE}${sentence}\n`);
    return [...entriesInForce(configuration)];
  } catch (error) {
    if (!(error instanceof SourcesError) && !(error instanceof FileError)) throw error;
    throw new CommandError(error.message, ExitCode.wrongData, { cause: error });
  }
}

/** As the server would show them to somebody who may not read secrets. */
function* entriesInForce(configuration: Configuration): Generator<Entry> {
  const { schema } = configuration;
  const views = offlineViews(configuration, inForceAttributes(configuration));
  const effective = new EffectiveBackend(configuration, views, new ChangeFeed('', 0));
  const found = effective.search({
    base: BASE,
    baseKey: schema.dnKeyOfText(BASE),
    scope: SearchScope.wholeSubtree,
    filter: { type: 'present', attribute: 'objectClass' },
    selectors: SELECTORS,
    requester: { dn: '', name: 'resolve', privileges: new Set(['config-read']) },
  });
  for (const one of found) if (one instanceof Entry) yield one;
}

// A plan tried at every server of a cluster: each has files, variables and ports of its own.

import type { Entry } from '../../ldap/entry.ts';
import { CommandError, type Invocation, type World } from '../command.ts';
import type { Directory } from '../connection/directory.ts';
import { ExitCode } from '../exit-code.ts';
import type { PlannedChange } from './plan.ts';
import { judgePlan, type PlanJudgement } from './plan-judgement.ts';

const SERVERS = 'cn=servers,cn=monitor';

/** Judgement of one server, by its name. */
export interface ServerJudgement extends Pick<PlanJudgement, 'problems' | 'exitCode' | 'unknown'> {
  readonly name: string;
}

/**
 * Tries a plan at all servers of a cluster but the one that is asked who they are. Rejects with CommandError if that one belongs to
 * no cluster, or does not show who is there.
 */
export async function judgeElsewhere(
  directory: Directory,
  plan: readonly PlannedChange[],
  invocation: Invocation,
  world: World,
): Promise<readonly ServerJudgement[]> {
  if (invocation.has('offline'))
    throw new CommandError('--all-servers and --offline exclude each other.', ExitCode.conflictingArguments);
  const servers = await serversOf(directory);
  const { openerOfOthers } = await import('../commands/open-directory.ts');
  const open = await openerOfOthers(invocation, world);
  const judgements: ServerJudgement[] = [];
  // One after the other: each may ask whether its certificate is trusted.
  for (const server of servers) {
    if (server.first('ds-mon-server-self') === 'TRUE') continue;
    judgements.push(await judgementOf(server, plan, open));
  }
  return judgements;
}

async function serversOf(directory: Directory): Promise<readonly Entry[]> {
  try {
    return await directory.search({ base: SERVERS, scope: 'one' });
  } catch (error) {
    if (!(error instanceof CommandError) || error.exitCode !== ExitCode.noSuchObject) throw error;
    const message = `--all-servers asks the servers of a cluster, and ${SERVERS} does not exist here: the server belongs to no cluster, or the account has no right to read it.`;
    throw new CommandError(message, error.exitCode, { cause: error });
  }
}

/** Has one server try a plan. The judgement is unknown if it does not answer, or another one answers in its place. */
export async function judgementOf(
  server: Entry,
  plan: readonly PlannedChange[],
  open: (urls: readonly string[]) => Promise<Directory>,
): Promise<ServerJudgement> {
  const { name } = server.dn;
  const nothing = { name, problems: [], exitCode: ExitCode.success };
  if (server.first('ds-mon-server-here') !== 'TRUE') return { ...nothing, unknown: 'it is away.' };
  const urls = server.values('ds-mon-server-url');
  let other: Directory | undefined;
  try {
    other = await open(urls);
    const self = await selfOf(other);
    if (self === undefined || self.first('ds-mon-server-id') !== server.first('ds-mon-server-id')) {
      const who = self === undefined ? 'a server that does not say who it is' : `the server ${self.dn.name}`;
      const unknown = `at its address (${urls.join(', ')}) ${who} has answered. Let it listen at an address of its own that is reached from here.`;
      return { ...nothing, unknown };
    }
    return { name, ...(await judgePlan(other, plan)) };
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    return { ...nothing, unknown: error.message };
  } finally {
    await other?.close();
  }
}

/** Returns the entry in which a server shows itself; undefined if it shows none. */
async function selfOf(directory: Directory): Promise<Entry | undefined> {
  const servers = await directory.search({ base: SERVERS, scope: 'one' });
  return servers.find((server) => server.first('ds-mon-server-self') === 'TRUE');
}

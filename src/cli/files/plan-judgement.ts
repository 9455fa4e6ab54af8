// Whether a plan could be carried out: its changes are tried together, and what refuses some of them is collected until
// the rest is possible. Nothing is changed.

import { ResultCode } from '../../ldap/result-code.ts';
import { CommandError, RefusedByServer } from '../command.ts';
import type { Directory } from '../connection/directory.ts';
import { ExitCode } from '../exit-code.ts';
import type { PlannedChange } from './plan.ts';

export interface PlanJudgement {
  /** Lines that say what the administrator would still have to do. */
  readonly notes: readonly string[];
  /** Problems, a line each, in the words of the server. */
  readonly problems: readonly string[];
  /** Exit code of the first refusal. */
  readonly exitCode: ExitCode;
  /** Why nobody can say whether the plan is possible; undefined when it is known. */
  readonly unknown: string | undefined;
}

const IN_PARTS = 'Make the changes in parts, or stop the server and use --offline.';
/** Maximum number of trials, each of which finds a problem. More problems than these are corrected in several runs. */
const ROUNDS_MAX = 20;
/** The connection is lost, or nothing is there to be asked. */
const NO_ANSWER: ReadonlySet<number> = new Set([
  ExitCode.serverDown,
  ExitCode.connectError,
  ExitCode.localError,
]);

/**
 * Tries the changes. A server refuses a transaction at the first change that cannot be applied, so the others are tried
 * without it. Rejects with CommandError when the connection is lost.
 */
export async function judgePlan(
  directory: Pick<Directory, 'tryAll'>,
  plan: readonly PlannedChange[],
): Promise<PlanJudgement> {
  const problems = new Set<string>();
  const refused: string[] = [];
  let first: ExitCode = ExitCode.success;
  let left = plan;
  for (let round = 0; round < ROUNDS_MAX && left.length > 0; round++) {
    try {
      const notes = await directory.tryAll(left);
      return {
        notes: problems.size === 0 ? notes : [],
        problems: [...problems],
        exitCode: first,
        unknown: undefined,
      };
    } catch (error) {
      const { message, exitCode } = refusalIn(error);
      if (error instanceof RefusedByServer && error.resultCode === ResultCode.adminLimitExceeded)
        return { notes: [], problems: [...problems], exitCode, unknown: `${message} ${IN_PARTS}` };
      const isAboutEntry = plan.some((step) => message.startsWith(`${dnOf(step)}: `));
      if (exitCode === ExitCode.insufficientAccess && !isAboutEntry)
        return { notes: [], problems: [], exitCode, unknown: message };
      if (first === ExitCode.success) first = exitCode;
      // What names an entry that was refused is wrong because that one is missing now.
      const lines = message.split('\n').filter((line) => !refused.some((dn) => line.includes(dn)));
      for (const line of lines) problems.add(line);
      const isRefused = (dn: string) => lines.some((line) => line.startsWith(`${dn}: `));
      const kept = left.filter((step) => !isRefused(dnOf(step)));
      if (kept.length === left.length) break;
      refused.push(...left.map(dnOf).filter(isRefused));
      left = kept;
    }
  }
  return { notes: [], problems: [...problems], exitCode: first, unknown: undefined };
}

function refusalIn(error: unknown): CommandError {
  if (!(error instanceof CommandError) || NO_ANSWER.has(error.exitCode)) throw error;
  return error;
}

function dnOf({ before, after }: PlannedChange): string {
  return (after ?? before)?.dn.toString() ?? '';
}

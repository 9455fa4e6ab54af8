// Tasks about mail servers, several at a time: what they wait for is shown meanwhile, and Ctrl-C ends them.

import { CommandError, type World } from '../command.ts';
import type { Directory } from '../connection/directory.ts';
import { cancelTask, type FinishedTask, finishTask, type TaskRequest } from '../finished-task.ts';
import { untilInterrupted } from '../interrupt.ts';
import { whileWorking } from '../progress-bar.ts';

export interface NamedRequest {
  /** The mail server it is about; empty where it is about any. */
  readonly name: string;
  readonly request: TaskRequest;
}

export interface NamedOutcome {
  readonly name: string;
  /** An error where the server did not take the task. */
  readonly outcome: FinishedTask | CommandError;
}

const AT_ONCE = 4;

/** In the order of the requests. Rejects with CommandError when there is one request and the server refuses it. */
export async function runMailTasks(
  directory: Directory,
  requests: readonly NamedRequest[],
  { doing, world }: { readonly doing: string; readonly world: World },
): Promise<readonly NamedOutcome[]> {
  /** Steps that the running tasks wait for, by the names of the tasks. */
  const waiting = new Map<string, string>();
  const outcomes: NamedOutcome[] = [];
  const isAlone = requests.length === 1;
  const runOne = async (name: string, request: TaskRequest, at: number) => {
    let dn: string | undefined;
    const finished = finishTask(directory, request, (entry) => {
      dn = entry.dn.toString();
      const what = entry.first('ds-task-mail-waits-for');
      waiting.set(dn, what === undefined ? '' : `${isAlone ? '' : `${name} `}waits for ${what}`);
    });
    try {
      outcomes[at] = { name, outcome: await finished };
    } catch (error) {
      if (isAlone || !(error instanceof CommandError)) throw error;
      outcomes[at] = { name, outcome: error };
    } finally {
      if (dn !== undefined) waiting.delete(dn);
    }
  };
  const queue = requests.entries();
  const work = Array.from({ length: AT_ONCE }, async () => {
    for (const [at, { name, request }] of queue) await runOne(name, request, at);
  });
  const words = () => {
    const what = [...waiting.values()].find((one) => one !== '');
    return what === undefined ? '' : `, ${what}`;
  };
  const stop = () => Promise.all([...waiting.keys()].map((dn) => cancelTask(directory, dn)));
  await whileWorking(world.stderr, doing, untilInterrupted(world, Promise.all(work), stop), words);
  return outcomes;
}

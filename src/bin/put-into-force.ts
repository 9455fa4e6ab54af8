// Puts the objects of the configuration into force when a server starts.

import { setImmediate } from 'node:timers/promises';
import type { Log } from '../files/log.ts';
import type { OpenConfiguration } from '../instance/open-configuration.ts';
import type { AlertSink } from '../mail/alert.ts';
import type { Component } from '../runtime/component.ts';
import { Runtime } from '../runtime/runtime.ts';

type Starting = Pick<OpenConfiguration, 'configuration' | 'membership'> & {
  readonly now: () => Date;
  readonly log: Log;
  readonly alerts: AlertSink;
};

/**
 * Puts all objects into force when a server starts, stage by stage. Rejects with LdapError; in a cluster, an object that cannot be in
 * force here is absent instead, and the log says why: other servers have stored it, and it is right there.
 */
export async function putIntoForce(
  stages: readonly (readonly Component[])[],
  starting: Starting,
): Promise<void> {
  const { configuration, membership } = starting;
  if (membership !== undefined) {
    const problems = new Set<string>();
    for (const stage of stages) await putSomeIntoForce(new Runtime(stage), starting, problems);
    reportAbsent([...problems], starting);
    return;
  }
  const differences = [...configuration.differences()];
  for (const stage of stages) (await new Runtime(stage).prepare(differences)).commit();
}

/** Reports what a server of a cluster starts without. */
function reportAbsent(problems: readonly string[], { log, alerts }: Starting): void {
  for (const problem of problems) log.warn({}, `Not in force on this server: ${problem}`);
  if (problems.length === 0) return;
  const message = `The server started without what cannot be in force on it:\n${problems.join('\n')}`;
  alerts.raise({ type: 'confdit.NotInForce', message });
}

async function putSomeIntoForce(
  runtime: Runtime,
  { configuration, now }: Starting,
  problems: Set<string>,
): Promise<void> {
  for (;;) {
    const refused = new Set<string>();
    const prepared = await runtime.prepareAll([...configuration.differences()], {
      refused: ({ message }, key) => {
        problems.add(message);
        if (key !== undefined) refused.add(key);
      },
      turn: () => setImmediate(),
    });
    if (refused.size === 0) return prepared.commit();
    prepared.abort();
    for (const key of refused) {
      const after = configuration.tree.find(key);
      configuration.inForce.hold({ before: undefined, after }, now(), new Map());
    }
  }
}

// A process that starts fresh servers one after the other, in itself: openServer with nothing left of the one before, since
// no module of the server has state. It spares most of what a start costs. Told what to do over its channel.

import { systemClock } from '../../src/bin/clock.ts';
import { type OpenServer, openServer } from '../../src/bin/open-server.ts';
import { digestWith } from '../../src/runtime/description.ts';

/** Starts one on this folder with these sources, or ends the one that runs. */
export interface HostOrder {
  readonly start?: {
    readonly folder: string;
    readonly environment: Readonly<Record<string, string>>;
    readonly key: string;
  };
}

const silent = () => {};
const log = { info: silent, warn: silent, error: silent, debug: silent, flush: silent, line: silent };

let running: OpenServer | undefined;

async function obey({ start }: HostOrder): Promise<object> {
  await running?.close();
  running = undefined;
  if (start === undefined) return { isEnded: true };
  const { folder, environment, key } = start;
  running = await openServer({
    choice: { instance: folder, definitions: [] },
    environment,
    ...systemClock(),
    log,
  });
  return { parts: await running.describe(digestWith(key)) };
}

process.on('message', (order: HostOrder) => {
  obey(order).then(
    (answer) => process.send?.(answer),
    (error: unknown) => process.send?.({ problem: error instanceof Error ? error.message : String(error) }),
  );
});
process.on('disconnect', () => process.exit());

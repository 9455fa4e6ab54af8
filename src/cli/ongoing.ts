// Ctrl-C for a command that goes on until somebody ends it: that is its ordinary end.

import type { World } from './command.ts';

/** Calls `work` with a signal that is aborted by Ctrl-C, or by SIGTERM. */
export async function untilEnded<Result>(
  world: Pick<World, 'on' | 'off'>,
  work: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  const controller = new AbortController();
  const end = () => controller.abort();
  const signals = ['SIGINT', 'SIGTERM'] as const;
  for (const signal of signals) world.on(signal, end);
  try {
    return await work(controller.signal);
  } finally {
    for (const signal of signals) world.off(signal, end);
  }
}

/** Resolves when the signal is aborted. */
export function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}

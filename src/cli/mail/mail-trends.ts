// How many messages each mail server has sent, and how many have failed, between one look at it and the next.

import type { Status } from '../status/read-status.ts';

/** Looks that are remembered. */
const LOOKS_MAX = 20;

export interface MailTrend {
  readonly sent: readonly number[];
  readonly failed: readonly number[];
}

interface Seen {
  readonly sent: number;
  readonly failed: number;
}

export class MailTrends {
  readonly #last = new Map<string, Seen>();
  readonly #trends = new Map<string, MailTrend>();

  /** The first look at a mail server has nothing to compare with. */
  look(mailServers: Status['mailServers']): void {
    const names = new Set(mailServers.map(({ name }) => name));
    for (const name of this.#last.keys()) if (!names.has(name)) this.#forget(name);
    for (const { name, sent, failed } of mailServers) {
      const last = this.#last.get(name);
      const trend = this.#trends.get(name) ?? { sent: [], failed: [] };
      this.#last.set(name, { sent, failed });
      if (last === undefined) continue;
      this.#trends.set(name, {
        sent: [...trend.sent, since(last.sent, sent)].slice(-LOOKS_MAX),
        failed: [...trend.failed, since(last.failed, failed)].slice(-LOOKS_MAX),
      });
    }
  }

  of(name: string): MailTrend {
    return this.#trends.get(name) ?? { sent: [], failed: [] };
  }

  #forget(name: string): void {
    this.#last.delete(name);
    this.#trends.delete(name);
  }
}

/** A counter that is lower than before has begun anew. */
function since(before: number, now: number): number {
  return now >= before ? now - before : now;
}

// Says whether what the clients of a cluster saw can have happened to one configuration (as Jepsen does): no change that was
// acknowledged is lost, none that was refused is there, there is one order everywhere, it agrees with what was before what, no
// server goes back in what it shows, and all servers and watchers have the same in the end.

import { checkWatchings } from './check-watchings.ts';
import type { Attempt, Change, History, LoggedChange, Read } from './history.ts';
import { Versions } from './versions.ts';

/** Results that say nothing about what is there: busy, and unavailable. */
const CODES_OF_NO_STATE: ReadonlySet<number> = new Set([51, 52]);

/** Returns what must not be, as sentences. */
export function checkHistory(history: History): readonly string[] {
  const [log = []] = history.logs;
  const versions = new Versions(history.beginning, log);
  return [
    ...checkLogs(history),
    ...checkEnds(history, versions),
    ...checkOutcomes(history.attempts, log),
    ...checkOrder(history.attempts, log),
    ...checkReads(history, log, versions),
    ...checkRefusals(history, log, versions),
    ...checkWatchings(history, log, versions),
  ];
}

/** One order everywhere, without gaps, in which each change fits what is there. */
function* checkLogs({ logs, beginning }: History): Generator<string> {
  const [first = []] = logs;
  for (const [server, log] of logs.entries()) {
    for (const [index, change] of log.entries()) {
      const wanted = beginning.number + 1 + index;
      if (change.number !== wanted) yield `The log of server ${server} has ${change.number} for ${wanted}.`;
      const other = first[index];
      if (other === undefined || textOf(change) !== textOf(other))
        yield `Change ${change.number} is "${textOf(change)}" at server ${server}, and at server 0 "${other === undefined ? 'missing' : textOf(other)}".`;
    }
    if (log.length < first.length) yield `The log of server ${server} ends at ${log.at(-1)?.number}.`;
  }
  const state = new Map(beginning.state);
  for (const change of first) {
    const { type, name, host, expected } = change;
    const before = state.get(name);
    const fits =
      type === 'add' ? before === undefined : before !== undefined && (expected ?? before) === before;
    if (!fits) yield `Change ${change.number} "${textOf(change)}" does not fit ${before ?? 'nothing'}.`;
    if (type === 'delete') state.delete(name);
    else state.set(name, host);
  }
}

function* checkEnds({ ends }: History, versions: Versions): Generator<string> {
  for (const [server, end] of ends.entries()) {
    const wanted = versions.stateAt(Number.POSITIVE_INFINITY);
    for (const name of new Set([...wanted.keys(), ...end.keys()])) {
      if (wanted.get(name) !== end.get(name))
        yield `In the end ${name} is ${end.get(name) ?? 'gone'} at server ${server}; by the log it is ${wanted.get(name) ?? 'gone'}.`;
    }
  }
}

function* checkOutcomes(attempts: readonly Attempt[], log: readonly LoggedChange[]): Generator<string> {
  const logged = Map.groupBy(log, keyOf);
  for (const attempt of attempts) {
    const found = logged.get(keyOf(attempt)) ?? [];
    logged.delete(keyOf(attempt));
    const what = `"${textOf(attempt)}" at server ${attempt.server}`;
    if (attempt.outcome === 'ok' && found.length === 0) yield `${what} was acknowledged and is lost.`;
    if (attempt.outcome === 'refused' && found.length > 0)
      yield `${what} was refused with ${attempt.code} (${attempt.text}) and is change ${found[0]?.number}.`;
    if (found.length > 1) yield `${what} is there ${found.length} times.`;
  }
  for (const [{ number } = { number: 0 }] of logged.values()) yield `Nobody asked for change ${number}.`;
}

/** A change that was acknowledged before another was asked for is before it. */
function* checkOrder(attempts: readonly Attempt[], log: readonly LoggedChange[]): Generator<string> {
  const byKey = new Map(attempts.map((attempt) => [keyOf(attempt), attempt]));
  let earliest: { attempt: Attempt; number: number } | undefined;
  for (const change of log.toReversed()) {
    const attempt = byKey.get(keyOf(change));
    if (attempt === undefined) continue;
    if (earliest !== undefined && earliest.attempt.answered < attempt.invoked)
      yield `"${textOf(earliest.attempt)}" (${earliest.number}) was acknowledged before "${textOf(attempt)}" (${change.number}) was asked for, and is after it.`;
    if (
      attempt.outcome === 'ok' &&
      attempt.answered < (earliest?.attempt.answered ?? Number.POSITIVE_INFINITY)
    )
      earliest = { attempt, number: change.number };
  }
}

/** Reads at one server never go back, show what was acknowledged there, and show nothing that no change has made. */
function* checkReads(history: History, log: readonly LoggedChange[], versions: Versions): Generator<string> {
  for (const [server, reads] of Map.groupBy(history.reads, (read) => read.server)) {
    const known = new Known(history, log, server);
    for (const read of reads.toSorted((one, other) => one.invoked - other.invoked)) {
      const at = `Server ${server} shows change ${read.first}`;
      const least = known.numberAt(read.invoked);
      if (read.first < least) yield `${at} after it has shown or acknowledged ${least}.`;
      if (read.last < read.first) yield `${at} and then ${read.last}.`;
      const hosts = versions.between(read.name, read.first, read.last);
      if (!hosts.includes(read.host))
        yield `Server ${server} shows ${read.name} as ${read.host ?? 'gone'} between the changes ${read.first} and ${read.last}; it was ${hosts.map((host) => host ?? 'gone').join(', ')}.`;
    }
  }
}

/** A change that is refused because of what is there was refused truly. */
function* checkRefusals(
  history: History,
  log: readonly LoggedChange[],
  versions: Versions,
): Generator<string> {
  const later = new NotLater(history.attempts, log);
  for (const [server, all] of Map.groupBy(history.attempts, (attempt) => attempt.server)) {
    const known = new Known(history, log, server);
    for (const attempt of all.toSorted((one, other) => one.invoked - other.invoked)) {
      const least = known.numberAt(attempt.invoked);
      if (attempt.outcome !== 'refused' || CODES_OF_NO_STATE.has(attempt.code)) continue;
      const hosts = versions.between(attempt.name, least, later.lastBefore(attempt.answered));
      if (hosts.every((host) => isPossible(attempt, host)))
        yield `"${textOf(attempt)}" was refused with ${attempt.code} at server ${server} (${attempt.text}), and nothing was against it.`;
    }
  }
}

function isPossible({ type, expected }: Attempt, host: string | undefined): boolean {
  if (type === 'add') return host === undefined;
  return host !== undefined && (expected === undefined || expected === host);
}

/** What a server has shown or acknowledged so far, for questions in the order of time. */
class Known {
  readonly #facts: readonly { readonly at: number; readonly number: number }[];
  #next = 0;
  #number = 0;

  constructor({ attempts, reads }: History, log: readonly LoggedChange[], server: number) {
    const numbers = new Map(log.map((change) => [keyOf(change), change.number]));
    const made = attempts.filter((attempt) => attempt.server === server && attempt.outcome === 'ok');
    const seen = reads.filter((read) => read.server === server);
    this.#facts = [
      ...made.map((attempt) => ({ at: attempt.answered, number: numbers.get(keyOf(attempt)) ?? 0 })),
      ...seen.map((read: Read) => ({ at: read.answered, number: read.last })),
    ].sort((one, other) => one.at - other.at);
  }

  /** Returns the highest number that the server has shown or acknowledged before this moment. */
  numberAt(moment: number): number {
    for (let fact = this.#facts[this.#next]; fact !== undefined && fact.at < moment; ) {
      this.#number = Math.max(this.#number, fact.number);
      this.#next += 1;
      fact = this.#facts[this.#next];
    }
    return this.#number;
  }
}

/** Which changes cannot have been there yet, since nobody had asked for them. */
class NotLater {
  readonly #asked: readonly { readonly at: number; readonly number: number }[];
  /** Least number of those asked for from here on. */
  readonly #least: readonly number[];

  constructor(attempts: readonly Attempt[], log: readonly LoggedChange[]) {
    const numbers = new Map(log.map((change) => [keyOf(change), change.number]));
    this.#asked = attempts
      .flatMap((attempt) => {
        const number = numbers.get(keyOf(attempt));
        return number === undefined ? [] : [{ at: attempt.invoked, number }];
      })
      .sort((one, other) => one.at - other.at);
    let least = Number.POSITIVE_INFINITY;
    this.#least = this.#asked
      .toReversed()
      .map(({ number }) => {
        least = Math.min(least, number);
        return least;
      })
      .reverse();
  }

  /** Returns the highest number that may have been there at this moment. */
  lastBefore(moment: number): number {
    let [low, high] = [0, this.#asked.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#asked[middle]?.at ?? 0) > moment) high = middle;
      else low = middle + 1;
    }
    return (this.#least[low] ?? Number.POSITIVE_INFINITY) - 1;
  }
}

/** Equal for an attempt and the change that it has made: nobody makes the same change twice. */
function keyOf({ type, name, host }: Change): string {
  return `${type} ${name} ${host}`;
}

function textOf({ type, name, host, expected }: Change): string {
  return [type, name, ...(expected === undefined ? [] : [expected, 'to']), host].join(' ').trim();
}

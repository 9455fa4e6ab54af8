// Processes in another language watch the mail servers while others change them: every change once and in order, by
// persistent search and by content synchronization (RFC 4533), the latter over connections that break.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { replace } from '../operations/controls/control-client.ts';
import { addMailServer, mailServerDn, makeAll } from '../operations/entries.ts';
import { deleteRequest } from '../support/ber-bytes.ts';
import { RawClient } from '../support/raw-client.ts';
import { type RunningServer, startServer } from '../support/start-server.ts';
import { PYTHON, scriptEnvironment, scriptPath } from './client-script.ts';

const WRITERS = 4;
/** Each makes a mail server, changes it three times and deletes it: 1,000 changes in all. */
const ROUNDS = 50;
const CHANGES_PER_ROUND = 5;
const CHANGES = WRITERS * ROUNDS * CHANGES_PER_ROUND;
/** Connections are broken when so many changes were seen. */
const BREAKS = [100, 101, 400, 750];

interface Told {
  readonly type: string;
  readonly dn: string;
  readonly values: string | readonly string[];
  readonly number?: number;
}

class Watcher {
  readonly told: Told[] = [];
  readonly #process: ChildProcess;
  readonly #waiting = new Set<() => void>();
  #errors = '';

  constructor(how: string, server: RunningServer) {
    this.#process = spawn(PYTHON, [scriptPath('watch_changes.py'), how], { env: scriptEnvironment(server) });
    const { stdout, stderr } = this.#process;
    if (stdout === null) throw new Error('A watcher has no output.');
    createInterface({ input: stdout }).on('line', (line) => {
      this.told.push(JSON.parse(line));
      for (const look of this.#waiting) look();
    });
    stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#errors += text;
    });
    this.#process.once('close', () => {
      for (const look of this.#waiting) look();
    });
  }

  get changes(): Told[] {
    return this.told.filter(({ dn }) => dn !== undefined);
  }

  /** Resolves when what was told fits; rejects when the watcher has ended before. */
  async until(fits: () => boolean): Promise<void> {
    while (!fits()) {
      if (this.#process.exitCode !== null) throw new Error(`A watcher ended: ${this.#errors}`);
      await new Promise<void>((resolve) => {
        const look = () => {
          this.#waiting.delete(look);
          resolve();
        };
        this.#waiting.add(look);
      });
    }
  }

  untilWatching(times = 1): Promise<void> {
    return this.until(() => this.told.filter(({ type }) => type === 'watching').length >= times);
  }

  say(line: string): void {
    this.#process.stdin?.write(`${line}\n`);
  }

  async end(): Promise<void> {
    if (this.#process.exitCode !== null) return;
    this.say('end');
    await once(this.#process, 'close');
  }
}

let server: RunningServer;
const watchers: Watcher[] = [];

function watch(how: string): Watcher {
  const watcher = new Watcher(how, server);
  watchers.push(watcher);
  return watcher;
}

async function write(writer: number): Promise<void> {
  const client = await RawClient.bound(server);
  for (let round = 0; round < ROUNDS; round++) {
    const name = `W${writer} ${round}`;
    const count = (number: number) =>
      replace(mailServerDn(name), 'ds-cfg-smtp-property', `mail.count=${number}`);
    await makeAll(client, [
      addMailServer(name),
      count(1),
      count(2),
      count(3),
      deleteRequest(mailServerDn(name)),
    ]);
  }
  client.close();
}

/** In words, without the values of what is gone, which only one of the two tells. */
function inWords({ type, dn, values }: Told): string {
  return type === 'delete' ? `${type} ${dn}` : `${type} ${dn} ${[values].flat().join()}`;
}

function expectedOf(writer: number): string[] {
  return Array.from({ length: ROUNDS }, (_, round) => {
    const dn = mailServerDn(`W${writer} ${round}`);
    const counted = [1, 2, 3].map((count) => `modify ${dn} mail.count=${count}`);
    return [`add ${dn} `, ...counted, `delete ${dn}`];
  }).flat();
}

beforeAll(async () => {
  server = await startServer();
});

afterAll(async () => {
  await Promise.all(watchers.map((watcher) => watcher.end()));
});

describe('a process in Python that watches the mail servers', () => {
  it('sees each of 1,000 changes once and in order, and misses none when its connection breaks', async () => {
    const persistent = watch('persistent');
    const sync = watch('sync');
    await Promise.all([persistent.untilWatching(), sync.untilWatching()]);
    const writing = Promise.all(Array.from({ length: WRITERS }, (_, writer) => write(writer)));
    for (const [index, count] of BREAKS.entries()) {
      await sync.until(() => sync.changes.length >= count);
      sync.say('break');
      await sync.untilWatching(index + 2);
    }
    await writing;
    // What is made last is seen last: had anything been told twice, it would stand before.
    const client = await RawClient.bound(server);
    await makeAll(client, [addMailServer('last')]);
    client.close();
    const isLast = ({ dn }: Told) => dn === mailServerDn('last');
    await Promise.all([persistent, sync].map((one) => one.until(() => one.changes.some(isLast))));

    const [first, second] = [persistent, sync].map((one) => one.changes.slice(0, -1).map(inWords));
    expect(second).toEqual(first);
    expect(first).toHaveLength(CHANGES);
    for (let writer = 0; writer < WRITERS; writer++) {
      const own = first?.filter((line) => line.includes(`cn=W${writer} `));
      expect(own).toEqual(expectedOf(writer));
    }
    const numbers = persistent.changes.map(({ number }) => number ?? 0);
    expect(numbers).toEqual([...new Set(numbers)].toSorted((a, b) => a - b));
    expect(sync.told.filter(({ type }) => type === 'broken')).toHaveLength(BREAKS.length);
    expect(sync.told.filter(({ type }) => type === 'present phase')).toEqual([]);
  });
});

// Kills a server while clients write, starts it again and looks: what was acknowledged must be there, what was not may be
// there as a whole or not at all. Each round begins with what the one before left behind.

import { addRequest, changeKinds, deleteRequest, modifyRequest, scopes, searchRequest } from './ber-bytes.ts';
import type { FoundEntry } from './ber-element.ts';
import { RawClient } from './raw-client.ts';
import { type RunningServer, startServer } from './server-process.ts';

export interface TortureOptions {
  readonly rounds: number;
  /** Whether a snapshot is being written all the time. */
  readonly hasSnapshots?: boolean;
  readonly afterRound?: (round: number, report: TortureReport) => void;
}

export interface TortureReport {
  /** Changes that the server said are stored. */
  readonly acknowledged: number;
  /** Changes that were sent and not answered when the server was killed. */
  readonly unanswered: number;
  /** What of those turned out to be stored. */
  readonly storedUnanswered: number;
  /** Snapshots that were asked for; the last one of each round was being written when the server was killed. */
  readonly snapshots: number;
  /** What must not be; empty when all is well. */
  readonly problems: readonly string[];
}

const CONNECTIONS = 4;
/** Changes under way on each connection. */
const WRITERS_PER_CONNECTION = 4;
const NAMES_PER_WRITER = 12;
const CONTAINER = 'cn=Mail Servers,cn=config';
/** Makes the journal grow, so that now and then a snapshot is being written when the server is killed. */
const BULK = ' and so on'.repeat(100);
const KILL_AFTER_MS = { least: 5, most: 150 };
/** Long enough for some snapshots, and for what comes after them. */
const KILL_AMID_SNAPSHOTS_AFTER_MS = { least: 50, most: 600 };

/** Throws when a server does not become ready or refuses a change; everything else is in the report. */
export async function torture({
  rounds,
  hasSnapshots = false,
  afterRound,
}: TortureOptions): Promise<TortureReport> {
  const books = Array.from({ length: CONNECTIONS * WRITERS_PER_CONNECTION }, (_, index) => new Book(index));
  const report = {
    acknowledged: 0,
    unanswered: 0,
    storedUnanswered: 0,
    snapshots: 0,
    problems: [] as string[],
  };
  const count = new NumberCount();
  let folder: string | undefined;
  for (let round = 1; round <= rounds + 1; round++) {
    const server = await startServer(folder === undefined ? {} : { folder });
    folder = server.folder;
    const clients = await connect(server);
    const storedBefore = report.storedUnanswered;
    await compare(clients, books, report);
    await count.compare(clients, report.storedUnanswered - storedBefore, report.problems);
    if (round <= rounds) {
      const snapshots = hasSnapshots ? writeSnapshots(clients[0]) : Promise.resolve(0);
      await writeUntilKilled(server, clients, books, hasSnapshots);
      report.snapshots += await snapshots;
      for (const book of books) count.expect(book.acknowledged);
      for (const book of books) report.acknowledged += book.takeAcknowledged();
      report.unanswered += books.filter(({ pending }) => pending !== undefined).length;
      afterRound?.(round, report);
    } else {
      for (const client of clients) client.close();
      await server.stop();
    }
  }
  return report;
}

/** One after the other: the first bind costs a password hash, the others do not. */
async function connect(server: RunningServer): Promise<RawClient[]> {
  const clients: RawClient[] = [];
  for (let count = 0; count < CONNECTIONS; count++) clients.push(await RawClient.bound(server));
  return clients;
}

async function writeUntilKilled(
  server: RunningServer,
  clients: readonly RawClient[],
  books: readonly Book[],
  hasSnapshots: boolean,
): Promise<void> {
  const writers = books.map((book, index) => {
    const client = clients[index % clients.length];
    return client === undefined ? undefined : write(client, book);
  });
  const { least, most } = hasSnapshots ? KILL_AMID_SNAPSHOTS_AFTER_MS : KILL_AFTER_MS;
  await new Promise((resolve) => setTimeout(resolve, least + Math.random() * (most - least)));
  await server.kill();
  await Promise.all(writers);
}

/** Goes on until the connection is gone. */
async function write(client: RawClient, book: Book): Promise<void> {
  while (!client.isClosed) {
    const request = book.next();
    const answer = await client.request(request).catch(() => undefined);
    if (answer === undefined) return;
    if (answer.code !== 0) throw new Error(`A change was answered with ${answer.code}: ${answer.text}`);
    book.acknowledge();
  }
}

async function compare(
  [client]: readonly RawClient[],
  books: readonly Book[],
  report: { storedUnanswered: number; problems: string[] },
): Promise<void> {
  const found = await client?.request(searchRequest(CONTAINER, { scope: scopes.one }));
  const entries = new Map(found?.entries.map((entry) => [entry.dn, entry]));
  for (const book of books) {
    if (book.settle(entries, report.problems)) report.storedUnanswered += 1;
  }
  for (const dn of entries.keys()) report.problems.push(`${dn} is there, and nobody added it.`);
}

/** One after the other until the connection is gone; gives how many were asked for. */
async function writeSnapshots(client: RawClient | undefined): Promise<number> {
  for (let asked = 0; ; ) {
    if (client === undefined || client.isClosed) return asked;
    const id = `snapshot-${process.hrtime.bigint()}`;
    const dn = `ds-task-id=${id},cn=Scheduled Tasks,cn=tasks`;
    const classes = ['top', 'ds-task', 'ds-task-snapshot'];
    const task = addRequest(dn, [
      ['objectClass', classes],
      ['ds-task-id', [id]],
    ]);
    const added = await client.request(task).catch(() => undefined);
    if (added === undefined) return asked;
    if (added.code !== 0) throw new Error(`A snapshot was answered with ${added.code}: ${added.text}`);
    asked += 1;
    for (let isDone = false; !isDone; ) {
      const looked = await client.request(searchRequest(dn, { scope: scopes.base })).catch(() => undefined);
      if (looked === undefined) return asked;
      const [state] = looked.entries[0]?.attributes['ds-task-state'] ?? [];
      isDone = state?.startsWith('COMPLETED') === true;
    }
  }
}

/** The numbers of the changes: every one that was stored has one of its own, and there are no others. */
class NumberCount {
  #last: number | undefined;
  #acknowledged = 0;

  expect(acknowledged: number): void {
    this.#acknowledged += acknowledged;
  }

  async compare([client]: readonly RawClient[], storedUnanswered: number, problems: string[]): Promise<void> {
    const request = searchRequest('', { scope: scopes.base, attributes: ['lastChangeNumber'] });
    const found = await client?.request(request);
    const number = Number(found?.entries[0]?.attributes.lastChangeNumber?.[0]);
    const wanted =
      (this.#last ?? number) + this.#acknowledged + (this.#last === undefined ? 0 : storedUnanswered);
    if (number !== wanted) problems.push(`The last change is ${number}; the changes count up to ${wanted}.`);
    this.#last = number;
    this.#acknowledged = 0;
  }
}

/** A mail server at its version, or none. */
type Version = number | undefined;

/** What one writer knows: each of its entries at the version that was acknowledged last, and the change under way. */
class Book {
  readonly #index: number;
  readonly #versions = new Map<string, Version>();
  #lastVersion = 0;
  #acknowledged = 0;
  pending: { readonly dn: string; readonly version: Version } | undefined;

  constructor(index: number) {
    this.#index = index;
  }

  /** The next change as a request: a new entry, a new version of one, or the end of one. */
  next(): Buffer {
    const dn = `cn=Writer ${this.#index} Name ${Math.floor(Math.random() * NAMES_PER_WRITER)},${CONTAINER}`;
    const isThere = this.#versions.get(dn) !== undefined;
    this.#lastVersion += 1;
    const isDeleted = isThere && Math.random() < 0.2;
    const version = isDeleted ? undefined : this.#lastVersion;
    this.pending = { dn, version };
    if (version === undefined) return deleteRequest(dn);
    const attributes = attributesOf(version);
    return isThere
      ? modifyRequest(
          dn,
          attributes.map(([name, values]) => [changeKinds.replace, name, values]),
        )
      : addRequest(dn, [
          ['objectClass', ['ds-cfg-mail-server']],
          ['ds-cfg-enabled', ['true']],
          ...attributes,
        ]);
  }

  acknowledge(): void {
    if (this.pending !== undefined) this.#versions.set(this.pending.dn, this.pending.version);
    this.pending = undefined;
    this.#acknowledged += 1;
  }

  get acknowledged(): number {
    return this.#acknowledged;
  }

  takeAcknowledged(): number {
    const count = this.#acknowledged;
    this.#acknowledged = 0;
    return count;
  }

  /** Compares with what is there, takes its own entries out, and goes on from what is there. Whether the pending change was stored. */
  settle(entries: Map<string, FoundEntry>, problems: string[]): boolean {
    const { pending } = this;
    let isPendingStored = false;
    for (const dn of new Set([...this.#versions.keys(), ...(pending === undefined ? [] : [pending.dn])])) {
      const wanted = this.#versions.get(dn);
      const entry = entries.get(dn);
      entries.delete(dn);
      const version = entry === undefined ? undefined : versionOf(entry, problems);
      if (version !== wanted) {
        if (dn === pending?.dn && version === pending.version) isPendingStored = true;
        else problems.push(`${dn} is at version ${version}; acknowledged was ${wanted}.`);
      }
      this.#versions.set(dn, version);
    }
    this.pending = undefined;
    return isPendingStored;
  }
}

/** Several values that belong together: half a change would mix two versions. */
function attributesOf(version: number): (readonly [name: string, values: readonly string[]])[] {
  const port = 1024 + (version % 60_000);
  return [
    ['ds-cfg-smtp-server', [`version-${version}.example.com:${port}`]],
    ['ds-cfg-smtp-property', ['a', 'b', 'c'].map((name) => `${name}=${version}${BULK}`)],
    ['ds-cfg-auth-username', [`user of version ${version}`]],
    ['ds-cfg-auth-password', [`password of version ${version}`]],
  ];
}

function versionOf({ dn, attributes }: FoundEntry, problems: string[]): Version {
  const [server = ''] = attributes['ds-cfg-smtp-server'] ?? [];
  const version = Number(/^version-(\d+)\./.exec(server)?.[1]);
  for (const [name, values] of attributesOf(version)) {
    const found = attributes[name]?.toSorted();
    if (JSON.stringify(found) !== JSON.stringify(values)) {
      problems.push(`${dn} holds half a change: ${server} with ${name} ${JSON.stringify(found)}.`);
    }
  }
  return version;
}

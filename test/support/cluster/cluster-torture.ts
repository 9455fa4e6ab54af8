// Three servers on three members of etcd, writers at all of them, and faults drawn from a seed. Each change adds an entry that no
// other change adds, so that in the end the entries themselves say which changes were made.

import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { formatEntry } from '../../../src/codec/ldif-writer.ts';
import { Dn } from '../../../src/ldap/dn.ts';
import { Entry } from '../../../src/ldap/entry.ts';
import type { LdapResult } from '../../../src/ldap/message.ts';
import { requestOf } from '../../../src/ldap-client/change-request.ts';
import { LdapClientError } from '../../../src/ldap-client/client-error.ts';
import { LdapClient } from '../../../src/ldap-client/ldap-client.ts';
import { runHere } from '../confdit-program.ts';
import { EtcdCluster } from '../etcd/etcd-cluster.ts';
import { removeFolder } from '../folders.ts';
import { LdapTools } from '../ldap-tools.ts';
import { ADMINISTRATOR, type RunningServer, startServer } from '../server-process.ts';
import { passes, until } from '../until.ts';

export interface ClusterTortureOptions {
  readonly faults: number;
  /** Whole number; the same seed draws the same faults. */
  readonly seed: number;
  readonly afterFault?: (count: number, fault: string) => void;
}

export interface ClusterTortureReport {
  readonly acknowledged: number;
  readonly refused: number;
  /** Changes whose outcome the writer never learned. */
  readonly unknown: number;
  readonly storedUnknown: number;
  /** What must not be; empty when all is well. */
  readonly problems: readonly string[];
}

const WRITERS = 16;
const SERVERS = 3;
const TIMEOUT_MS = 60_000;
const CONTAINER = 'cn=Mail Servers,cn=config';
/** Between two faults, in ms. */
const PAUSE_MS = { least: 50, most: 1500 };
const WRITER_PAUSE_MS = 200;
const CODES = { success: 0, busy: 51, unavailable: 52 };

type Outcome = 'ok' | 'refused' | 'unknown';

/** Does faults until there were enough of them, and then looks. Rejects if a server or etcd does not come back. */
export async function tortureCluster(options: ClusterTortureOptions): Promise<ClusterTortureReport> {
  const base = await mkdtemp(join(tmpdir(), 'confdit-cluster-'));
  const etcd = await EtcdCluster.start({ members: 3 });
  try {
    return await new Torture(options, etcd, base).run();
  } finally {
    await etcd.close();
    await removeFolder(base);
  }
}

class Torture {
  readonly #options: ClusterTortureOptions;
  readonly #etcd: EtcdCluster;
  readonly #base: string;
  readonly #environment: Readonly<Record<string, string>>;
  readonly #servers: (RunningServer | undefined)[] = [];
  readonly #folders: string[] = [];
  /** What the writers were told, by the names of the entries. */
  readonly #outcomes = new Map<string, Outcome>();
  readonly #problems: string[] = [];
  #password = '';
  #state: number;
  #isOver = false;

  constructor(options: ClusterTortureOptions, etcd: EtcdCluster, base: string) {
    this.#options = options;
    this.#etcd = etcd;
    this.#base = base;
    this.#state = options.seed;
    this.#environment = { CONFDIT_ETCD: etcd.urls.join(), CONFDIT_ACCESS_LOG: 'off' };
  }

  async run(): Promise<ClusterTortureReport> {
    await this.#begin();
    const writers = Array.from({ length: WRITERS }, (_, index) => this.#write(index));
    for (let count = 1; count <= this.#options.faults; count++) {
      const fault = await this.#fault();
      this.#options.afterFault?.(count, fault);
    }
    await this.#etcd.healthy();
    this.#isOver = true;
    await Promise.all(writers);
    await this.#look();
    const all = [...this.#outcomes.values()];
    const countOf = (wanted: Outcome) => all.filter((outcome) => outcome === wanted).length;
    return {
      acknowledged: countOf('ok'),
      refused: countOf('refused'),
      unknown: countOf('unknown'),
      storedUnknown: this.#storedUnknown,
      problems: this.#problems,
    };
  }

  #storedUnknown = 0;

  /** Starts the servers, and makes an entry for each writer. */
  async #begin(): Promise<void> {
    const first = await startServer();
    await first.stop();
    this.#password = first.password;
    this.#folders.push(first.folder);
    await this.#command('init', first.folder);
    const key = join(first.folder, 'config', 'keys', 'master.key');
    for (let index = 1; index < SERVERS; index++) {
      const folder = join(this.#base, `s${index}`);
      await this.#command('join', folder, '--master-key', key);
      this.#folders.push(folder);
    }
    for (let index = 0; index < SERVERS; index++) await this.#start(index);
  }

  async #start(index: number): Promise<void> {
    const folder = this.#folders[index] ?? '';
    const environment = this.#environment;
    this.#servers[index] = await startServer({ folder, environment, password: this.#password });
  }

  /** Adds entries one after the other until it is over, at a server as long as that is there. */
  async #write(writer: number): Promise<void> {
    let client: LdapClient | undefined;
    for (let count = 1; !this.#isOver; count++) {
      const name = `Writer ${writer} ${count}`;
      try {
        client ??= await this.#connect((writer + count) % SERVERS);
      } catch (error) {
        if (!(error instanceof LdapClientError)) throw error;
        await passes(WRITER_PAUSE_MS);
        continue;
      }
      try {
        const { result } = await client.ask(requestOf({ type: 'add', entry: entryOf(name) }));
        this.#note(name, result);
        if (result.code !== CODES.success) await passes(WRITER_PAUSE_MS);
      } catch (error) {
        if (!(error instanceof LdapClientError)) throw error;
        this.#outcomes.set(name, 'unknown');
        client = undefined;
      }
    }
    client?.close();
  }

  #note(name: string, { code: resultCode, diagnosticMessage }: LdapResult): void {
    if (resultCode === CODES.success) this.#outcomes.set(name, 'ok');
    else if (diagnosticMessage.startsWith('It is not known')) this.#outcomes.set(name, 'unknown');
    else {
      this.#outcomes.set(name, 'refused');
      if (resultCode !== CODES.busy && resultCode !== CODES.unavailable)
        this.#problems.push(`${name} was refused with ${resultCode}: ${diagnosticMessage}`);
    }
  }

  /** Rejects with LdapClientError if the server is away. */
  async #connect(index: number): Promise<LdapClient> {
    const server = this.#servers[index];
    if (server === undefined) throw new LdapClientError('unreachable', 'the server is away');
    const place = { host: '127.0.0.1', port: server.port };
    const client = await LdapClient.open({ place, security: 'none', timeoutMs: TIMEOUT_MS });
    await client.bind({ dn: ADMINISTRATOR, password: server.password });
    return client;
  }

  /** Does something bad for a while and mends it. */
  async #fault(): Promise<string> {
    await passes(this.#draw(PAUSE_MS.least, PAUSE_MS.most));
    const whileMs = this.#draw(PAUSE_MS.least, PAUSE_MS.most * 2);
    const which = this.#draw(0, SERVERS - 1);
    const member = this.#etcd.member(which);
    switch (this.#draw(0, 4)) {
      case 0:
        await member.end();
        await passes(whileMs);
        member.start();
        return `member ${which} was killed`;
      case 1:
        member.freeze();
        await passes(whileMs);
        member.thaw();
        return `member ${which} was frozen`;
      case 2: {
        const leader = await this.#etcd.leader();
        leader.freeze();
        await passes(whileMs);
        leader.thaw();
        return 'the leader was frozen';
      }
      case 3: {
        const others = this.#etcd.members.filter((one) => one !== member);
        await Promise.all(others.map((one) => one.end()));
        await passes(whileMs);
        for (const one of others) one.start();
        return `all members but ${which} were killed`;
      }
      default: {
        const server = this.#servers[which];
        this.#servers[which] = undefined;
        await server?.kill();
        await this.#start(which);
        return `server ${which} was killed`;
      }
    }
  }

  /** Returns a whole number of a range, drawn from the seed (mulberry32). */
  #draw(least: number, most: number): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return least + (((mixed ^ (mixed >>> 14)) >>> 0) % (most - least + 1));
  }

  /** Compares what the writers were told with what is there, at all servers. */
  async #look(): Promise<void> {
    const tools = this.#servers.flatMap((server) => (server === undefined ? [] : [new LdapTools(server)]));
    // A change after all others: a server that shows it shows everything.
    const last = 'The last one';
    await until(async () => [0, 68].includes((await tools[0]?.add(ldifOf(last)))?.code ?? 0));
    const found: ReadonlySet<string>[] = [];
    const histories: string[] = [];
    for (const one of tools) {
      await until(async () => (await namesAt(one)).has(last));
      found.push(await namesAt(one));
      const { stdout } = await one.search('cn=changelog', '-s', 'one', '(changeNumber>=2)', 'targetDN');
      histories.push(stdout);
    }
    const [first = new Set<string>()] = found;
    for (const [index, names] of found.entries()) {
      if ([...names].some((name) => !first.has(name)) || names.size !== first.size)
        this.#problems.push(`Server ${index} has other entries than server 0.`);
      if (histories[index] !== histories[0]) this.#problems.push(`Server ${index} has another history.`);
    }
    for (const [name, outcome] of this.#outcomes) {
      const isThere = first.has(name);
      if (outcome === 'ok' && !isThere) this.#problems.push(`${name} was acknowledged and is lost.`);
      if (outcome === 'refused' && isThere) this.#problems.push(`${name} was refused and is there.`);
      if (outcome === 'unknown' && isThere) this.#storedUnknown += 1;
    }
  }

  async #command(word: string, folder: string, ...words: readonly string[]): Promise<void> {
    const all = ['cluster', word, '--instance', folder, ...words];
    const { code, stderr } = await runHere(all, { environment: this.#environment });
    if (code !== 0) throw new Error(`confdit cluster ${word}: ${stderr}`);
  }
}

function entryOf(name: string): Entry {
  return Entry.of(Dn.parse(`cn=${name},${CONTAINER}`), {
    objectClass: ['ds-cfg-mail-server'],
    cn: name,
    'ds-cfg-enabled': 'false',
    'ds-cfg-smtp-server': 'smtp.example.com',
  });
}

function ldifOf(name: string): string {
  return `${formatEntry(entryOf(name))}\n`;
}

async function namesAt(tools: LdapTools): Promise<ReadonlySet<string>> {
  const entries = await tools.entries(CONTAINER, '-s', 'one', 'cn');
  return new Set(entries.map((entry) => entry.first('cn') ?? ''));
}

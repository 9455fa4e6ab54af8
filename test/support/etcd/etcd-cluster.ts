// Real members of etcd on loopback, with data folders of their own. Members can be killed, stopped and started again.

import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Place } from '../cluster/cluster-network.ts';
import { removeFolder } from '../folders.ts';
import { freePort } from '../free-port.ts';
import { type ProgramResult, runProgram } from '../ldap-tools.ts';

export interface EtcdOptions {
  /** 3 if not given. */
  readonly members?: number;
  /** Files of the certificate that members show to clients. */
  readonly tls?: {
    readonly certificateFile: string;
    readonly keyFile: string;
    readonly clientAuthority?: string;
  };
  /** More arguments for each member, such as `--quota-backend-bytes=4194304`. */
  readonly args?: readonly string[];
  /** Where the members run, one for each; on loopback if not given. */
  readonly places?: readonly Place[];
  /** Program and arguments that run etcdctl, where not all reach the members. */
  readonly runCtlBy?: readonly string[];
  /** True if members sync what they write: a test that is about their disks needs it. */
  readonly isSynced?: boolean;
}

/** Of a member that has an address of its own. */
const PORTS = { client: 2379, peer: 2380 };
const OUTPUT_SHOWN_MAX = 4000;
const LOOK_MS = 25;
const HEALTHY_TIMEOUT_MS = 120_000;

const running = new Set<ChildProcess>();

process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/** One member: a process that may come and go, and a folder that stays. */
export class EtcdMember {
  readonly name: string;
  readonly url: string;
  readonly #words: readonly string[];
  #child: ChildProcess | undefined;
  #output = '';

  /** @param words program and arguments */
  constructor(name: string, url: string, words: readonly string[]) {
    this.name = name;
    this.url = url;
    this.#words = words;
  }

  /** Id of the process; undefined while there is none. */
  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /** Arguments that name the peers of a new cluster. */
  get peers(): readonly string[] {
    const named = ['--initial-cluster', '--initial-advertise-peer-urls'];
    return named.flatMap((name) => [name, this.#words[this.#words.indexOf(name) + 1] ?? '']);
  }

  /** The end of what the process has written. */
  get output(): string {
    return this.#output;
  }

  start(): void {
    const [program = '', ...args] = this.#words;
    const child = spawn(program, args, { stdio: ['ignore', 'ignore', 'pipe'] });
    this.#child = child;
    running.add(child);
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.#output = (this.#output + text).slice(-OUTPUT_SHOWN_MAX);
    });
    child.once('error', (error) => {
      this.#output += error.message;
    });
    child.once('close', () => running.delete(child));
  }

  /** Ends the process; it is started again on the same folder by `start`. */
  async end(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((resolve) => child.once('close', resolve));
    child.kill(signal);
    // A stopped process takes no other signal than SIGKILL until it goes on.
    child.kill('SIGCONT');
    await ended;
  }

  /** Stops the process: its sockets stay open, and it answers nothing. */
  freeze(): void {
    this.#child?.kill('SIGSTOP');
  }

  thaw(): void {
    this.#child?.kill('SIGCONT');
  }
}

export class EtcdCluster {
  readonly members: readonly EtcdMember[];
  readonly #folder: string;
  readonly #ctlWords: readonly string[];

  private constructor(folder: string, members: readonly EtcdMember[], ctlWords: readonly string[]) {
    this.#folder = folder;
    this.members = members;
    this.#ctlWords = ctlWords;
  }

  static async start(options: EtcdOptions = {}): Promise<EtcdCluster> {
    const folder = await mkdtemp(join(tmpdir(), 'confdit-etcd-'));
    const { members: count = 3, tls, args = [], runCtlBy = [], isSynced = false } = options;
    const seats = await Promise.all(
      Array.from({ length: count }, (_, index) => seatOf(index, options.places)),
    );
    const peers = seats.map(({ name, address, peer }) => `${name}=http://${address}:${peer}`).join();
    const scheme = tls === undefined ? 'http' : 'https';
    const members = seats.map(({ name, address, client, peer, runBy }) => {
      const [url, peerUrl] = [`${scheme}://${address}:${client}`, `http://${address}:${peer}`];
      return new EtcdMember(name, url, [
        ...[...runBy, 'etcd', '--name', name, '--data-dir', join(folder, name), '--initial-cluster', peers],
        ...['--listen-client-urls', url, '--advertise-client-urls', url],
        ...['--listen-peer-urls', peerUrl, '--initial-advertise-peer-urls', peerUrl],
        ...['--initial-cluster-state', 'new', '--heartbeat-interval', '100', '--election-timeout', '1000'],
        ...['--log-level', 'warn'],
        // The disk of most tests need not survive a power failure.
        ...(isSynced ? [] : ['--unsafe-no-fsync']),
        ...tlsArguments(tls),
        ...args,
      ]);
    });
    for (const member of members) member.start();
    const cluster = new EtcdCluster(folder, members, [...runCtlBy, 'etcdctl', ...ctlTls(tls)]);
    await cluster.healthy();
    return cluster;
  }

  get urls(): string[] {
    return this.members.map(({ url }) => url);
  }

  /** The member with this index. */
  member(index: number): EtcdMember {
    const member = this.members[index];
    if (member === undefined) throw new RangeError(`There is no member ${index}.`);
    return member;
  }

  /** Runs etcdctl; resolves to what it prints. Rejects with its error output. */
  async ctl(...args: readonly string[]): Promise<string> {
    const { code, stdout, stderr } = await this.#run(args);
    if (code !== 0) throw new Error(`etcdctl ${args.join(' ')}: ${stderr}${stdout}`);
    return stdout;
  }

  /** Puts a value that is too long for an argument. Resolves to what etcdctl says, also if etcd refuses it. */
  async put(key: string, value: string): Promise<string> {
    const { stdout, stderr } = await this.#run(['put', key], value);
    return stdout + stderr;
  }

  #run(args: readonly string[], input = ''): Promise<ProgramResult> {
    const [program = '', ...words] = this.#ctlWords;
    const all = [...words, `--endpoints=${this.urls.join()}`, '--command-timeout=60s', ...args];
    return runProgram(program, all, input, { PATH: process.env.PATH, ETCDCTL_API: '3' });
  }

  /** The member that leads. */
  async leader(): Promise<EtcdMember> {
    for (;;) {
      // Members that are away are missing in the list, and make etcdctl fail after it has printed the others.
      const text = await this.ctl('--command-timeout=5s', 'endpoint', 'status', '-w', 'fields').catch(
        (error: Error) => error.message,
      );
      for (const part of text.split(/\n\s*\n/)) {
        const [, self] = /"MemberID" : (\d+)/.exec(part) ?? [];
        const [, leader] = /"Leader" : (\d+)/.exec(part) ?? [];
        const [, url] = /"Endpoint" : "(.*)"/.exec(part) ?? [];
        const member = this.members.find((one) => one.url === url);
        if (self !== undefined && self === leader && member !== undefined) return member;
      }
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    }
  }

  /** Resolves when a linearizable read succeeds. */
  async healthy(): Promise<void> {
    const until = Date.now() + HEALTHY_TIMEOUT_MS;
    for (;;) {
      const problem = await this.ctl('--command-timeout=5s', '--user=', 'endpoint', 'health').then(
        () => undefined,
        (error: Error) => error.message,
      );
      if (problem === undefined) return;
      if (Date.now() > until) {
        const outputs = this.members.map(({ name, output }) => `${name}: ${output}`).join('\n');
        throw new Error(`etcd is not healthy: ${problem}\n${outputs}`);
      }
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    }
  }

  /** Takes a backup of the first member. */
  async save(): Promise<string> {
    const file = join(this.#folder, 'backup.db');
    await this.ctl('snapshot', 'save', file);
    return file;
  }

  /** Replaces the data of a cluster of one member by a backup, and starts it again. */
  async restore(file: string): Promise<void> {
    const member = this.member(0);
    await member.end();
    const data = join(this.#folder, member.name);
    await removeFolder(data);
    await this.ctl('snapshot', 'restore', file, '--data-dir', data, '--name', member.name, ...member.peers);
    member.start();
    await this.healthy();
  }

  async close(): Promise<void> {
    await Promise.all(this.members.map((member) => member.end()));
    await removeFolder(this.#folder);
  }
}

interface Seat extends Place {
  readonly name: string;
  readonly client: number;
  readonly peer: number;
}

/** Returns where a member is, and its ports. */
async function seatOf(index: number, places: readonly Place[] | undefined): Promise<Seat> {
  const name = `n${index + 1}`;
  const place = places?.[index];
  if (place !== undefined) return { name, ...place, ...PORTS };
  return { name, address: '127.0.0.1', runBy: [], client: await freePort(), peer: await freePort() };
}

function tlsArguments(tls: EtcdOptions['tls']): string[] {
  if (tls === undefined) return [];
  const { certificateFile, keyFile, clientAuthority } = tls;
  return [
    ...['--cert-file', certificateFile, '--key-file', keyFile],
    // In etcd 3.4 a trusted authority alone already demands a certificate of the client.
    ...(clientAuthority === undefined ? [] : ['--client-cert-auth', '--trusted-ca-file', clientAuthority]),
  ];
}

function ctlTls(tls: EtcdOptions['tls']): string[] {
  if (tls === undefined) return [];
  const { certificateFile, keyFile } = tls;
  return ['--insecure-skip-tls-verify', `--cert=${certificateFile}`, `--key=${keyFile}`];
}

// A network for the members and servers of a cluster. Each has a network namespace of its own, and all meet at a bridge in another
// one, which keeps packets from passing as it is told. Nothing of the machine's own network is changed, and all of it is gone with
// this process. Clients reach the servers by their socket files, which no namespace hides.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readlink } from 'node:fs/promises';
import { runProgram } from '../ldap-tools.ts';
import { until } from '../until.ts';

/** Where a process runs. */
export interface Place {
  readonly address: string;
  /** Program and arguments that run a program there. */
  readonly runBy: readonly string[];
}

/** Packets from the first address to the second one are lost. */
export type Way = readonly [from: string, to: string];

const NETWORK = '10.99.0';
const BRIDGE_HOST = 254;
/** Hosts of servers come after those of members. */
const FIRST_MEMBER = 1;
const FIRST_SERVER = 101;
const FILTER = `add table bridge cut
add set bridge cut ways { type ipv4_addr . ipv4_addr ; }
add chain bridge cut forward { type filter hook forward priority 0 ; }
add rule bridge cut forward ip saddr . ip daddr @ways drop
`;

export class ClusterNetwork {
  readonly members: readonly Place[];
  readonly servers: readonly Place[];
  /** On the bridge: reaches all, whatever is cut. */
  readonly outside: Place;
  readonly #holders: readonly ChildProcess[];
  readonly #cuts = new Set<readonly Way[]>();

  private constructor(holders: readonly ChildProcess[], members: number) {
    const [bridge, ...others] = holders;
    this.#holders = holders;
    this.outside = placeOf(bridge, BRIDGE_HOST);
    this.members = others.slice(0, members).map((holder, index) => placeOf(holder, FIRST_MEMBER + index));
    this.servers = others.slice(members).map((holder, index) => placeOf(holder, FIRST_SERVER + index));
  }

  /** Resolves to a sentence where a network cannot be had, such as without root. */
  static async open(members: number, servers: number): Promise<ClusterNetwork | string> {
    const holders: ChildProcess[] = [];
    try {
      for (let count = 0; count <= members + servers; count++) holders.push(await holdNamespace());
      const network = new ClusterNetwork(holders, members);
      await network.#connect();
      return network;
    } catch (error) {
      for (const holder of holders) holder.kill('SIGKILL');
      return `There are no network namespaces here: ${error instanceof Error ? error.message : error}`;
    }
  }

  /** Loses packets on these ways, until the function that this resolves to is called. */
  async cut(ways: readonly Way[]): Promise<() => Promise<void>> {
    this.#cuts.add(ways);
    await this.#filter();
    return async () => {
      this.#cuts.delete(ways);
      await this.#filter();
    };
  }

  close(): void {
    for (const holder of this.#holders) holder.kill('SIGKILL');
  }

  async #connect(): Promise<void> {
    const places = [...this.members, ...this.servers];
    const { address, runBy } = this.outside;
    const links = places.flatMap((_, index) => {
      const { pid } = this.#holders[index + 1] ?? {};
      return [
        `link add p${index} type veth peer name eth0 netns ${pid}`,
        `link set p${index} master br0`,
        `link set p${index} up`,
      ];
    });
    const bridge = ['link set lo up', 'link add br0 type bridge', 'link set br0 up'];
    await run([...runBy, 'ip', '-batch', '-'], [...bridge, `addr add ${address}/24 dev br0`, ...links]);
    for (const place of places) {
      const lines = [`addr add ${place.address}/24 dev eth0`, 'link set eth0 up', 'link set lo up'];
      await run([...place.runBy, 'ip', '-batch', '-'], lines);
    }
    await run([...runBy, 'nft', '-f', '-'], [FILTER]);
  }

  /** Has the bridge lose what is cut now, and nothing else. */
  async #filter(): Promise<void> {
    const ways = new Set([...this.#cuts].flat().map((way) => way.join(' . ')));
    const add = ways.size === 0 ? [] : [`add element bridge cut ways { ${[...ways].join()} }`];
    await run([...this.outside.runBy, 'nft', '-f', '-'], ['flush set bridge cut ways', ...add]);
  }
}

/** Starts a process that does nothing in a new network namespace, and ends with this one. */
async function holdNamespace(): Promise<ChildProcess> {
  const holder = spawn('unshare', ['--net', 'cat'], { stdio: ['pipe', 'ignore', 'pipe'] });
  let output = '';
  holder.stderr.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  await once(holder, 'spawn');
  const own = await readlink('/proc/self/ns/net');
  await until(async () => {
    if (holder.exitCode !== null) throw new Error(output.trim());
    const theirs = await readlink(`/proc/${holder.pid}/ns/net`).catch(() => own);
    return theirs !== own;
  });
  return holder;
}

function placeOf(holder: ChildProcess | undefined, host: number): Place {
  const runBy = ['nsenter', `--net=/proc/${holder?.pid}/ns/net`];
  return { address: `${NETWORK}.${host}`, runBy };
}

async function run(words: readonly string[], lines: readonly string[]): Promise<void> {
  const [program = '', ...others] = words;
  const { code, stderr } = await runProgram(program, others, `${lines.join('\n')}\n`);
  if (code !== 0) throw new Error(stderr.trim());
}

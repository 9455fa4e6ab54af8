// What can go wrong in a cluster. Each fault begins, lasts for a while, and is mended. It says what it needs for itself, so that
// others can be made at the same time.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Random } from '../../fuzz/random.ts';
import type { EtcdMember } from '../etcd/etcd-cluster.ts';
import { passes } from '../until.ts';
import { type ClusterGround, COUNT } from './cluster-ground.ts';
import type { ClusterNetwork, Place, Way } from './cluster-network.ts';

export interface Fault {
  /** Kind of the fault, the same for each server or member. */
  readonly kind: string;
  /** Which server or member, or how. */
  readonly which: string;
  /** What no other fault may touch meanwhile. */
  readonly needs: readonly string[];
  /** Breaks something. Resolves to what mends it. */
  readonly begin: () => Promise<() => Promise<void>>;
}

type Maker = (ground: ClusterGround, random: Random) => Omit<Fault, 'kind'>;

const MEMBERS = [0, 1, 2].map((index) => `member ${index}`);
const SERVERS = [0, 1, 2].map((index) => `server ${index}`);
const CLOCK_JUMP_SECONDS = [3600, -3600, 86_400, -86_400, 5, -5];
const FILLER_OCTETS = 1024 * 1024;
const FILLER_KEY = '/filler/';
const SYNC_DELAY_MICROSECONDS = 300_000;
const START_PAUSE_MS_MAX = 800;

/** Faults of members. */
const MEMBER_FAULTS: Readonly<Record<string, Maker>> = {
  'member killed': (ground, random) =>
    ofMember(ground, random, async (member) => {
      await member.end();
      return async () => member.start();
    }),
  'member frozen': (ground, random) =>
    ofMember(ground, random, async (member) => {
      member.freeze();
      return async () => member.thaw();
    }),
  'leader killed': (ground) =>
    ofLeader(ground, async (leader) => {
      await leader.end();
      return async () => leader.start();
    }),
  'leader frozen': (ground) =>
    ofLeader(ground, async (leader) => {
      leader.freeze();
      return async () => leader.thaw();
    }),
  'majority killed': ({ etcd }, random) => ({
    which: '',
    needs: MEMBERS,
    begin: async () => {
      const [, ...most] = shuffled(etcd.members, random);
      await Promise.all(most.map((member) => member.end()));
      return () => startMembers(most, random);
    },
  }),
  'all members killed': ({ etcd }, random) => ({
    which: '',
    needs: MEMBERS,
    begin: async () => {
      await Promise.all(etcd.members.map((member) => member.end()));
      return () => startMembers(shuffled(etcd.members, random), random);
    },
  }),
  'slow disk of a member': (ground, random) => ofMember(ground, random, slowDown),
  'quota reached': ({ etcd }) => ({
    which: '',
    needs: MEMBERS,
    begin: async () => {
      await fillEtcd(etcd);
      return () => emptyEtcd(etcd);
    },
  }),
  'log compacted': ({ etcd }) => ({
    which: '',
    needs: MEMBERS,
    begin: async () => {
      await compact(etcd);
      return async () => undefined;
    },
  }),
};

/** Faults of servers. */
const SERVER_FAULTS: Readonly<Record<string, Maker>> = {
  'server killed': (ground, random) =>
    ofServer(random, async (index) => {
      await ground.endServer(index);
      return () => ground.startServer(index);
    }),
  'server restarted': (ground, random) =>
    ofServer(random, async (index) => {
      await ground.endServer(index, 'SIGTERM');
      return () => ground.startServer(index);
    }),
  'server frozen': (ground, random) =>
    ofServer(random, async (index) => {
      ground.signalServer(index, 'SIGSTOP');
      return async () => ground.signalServer(index, 'SIGCONT');
    }),
  'log compacted while a server sleeps': (ground, random) => {
    const { which, needs, begin } = ofServer(random, async (index) => {
      ground.signalServer(index, 'SIGSTOP');
      return async () => {
        await compact(ground.etcd);
        ground.signalServer(index, 'SIGCONT');
      };
    });
    return { which, needs: [...needs, ...MEMBERS], begin };
  },
  'all servers killed': (ground, random) => ({
    which: '',
    needs: SERVERS,
    begin: async () => {
      await Promise.all(SERVERS.map((_, index) => ground.endServer(index)));
      return () => startServers(ground, random);
    },
  }),
  'everything killed': (ground, random) => ({
    which: '',
    needs: [...MEMBERS, ...SERVERS],
    begin: async () => {
      await Promise.all([
        ...SERVERS.map((_, index) => ground.endServer(index)),
        ...ground.etcd.members.map((member) => member.end()),
      ]);
      return async () => {
        await Promise.all([
          startServers(ground, random),
          startMembers(shuffled(ground.etcd.members, random), random),
        ]);
      };
    },
  }),
};

const CLOCK_FAULTS: Readonly<Record<string, Maker>> = {
  'clock of a server jumps': (ground, random) => {
    const seconds = random.pick(CLOCK_JUMP_SECONDS);
    const { which, ...rest } = ofServer(random, async (index) => {
      await ground.setClock(index, seconds);
      return () => ground.setClock(index, 0);
    });
    return { ...rest, which: `${which} by ${seconds} s` };
  },
};

const DISK_FAULTS: Readonly<Record<string, Maker>> = {
  'disk of a server full': (ground, random) => ofServer(random, (index) => ground.fillDisk(index)),
};

/** Faults of the network. */
function networkFaults(network: ClusterNetwork): Readonly<Record<string, Maker>> {
  const { members, servers } = network;
  const place = (places: readonly Place[], index: number) => places.slice(index, index + 1);
  const cutServer = (random: Random, waysOf: (own: readonly Place[]) => readonly Way[]) =>
    ofServer(random, (index) => network.cut(waysOf(place(servers, index))));
  const cutMember = (
    ground: ClusterGround,
    random: Random,
    waysOf: (own: readonly Place[]) => readonly Way[],
  ) => ofMember(ground, random, (_, index) => network.cut(waysOf(place(members, index))));
  return {
    'server cut off': (_, random) => cutServer(random, (own) => bothWays(own, members)),
    'answers to a server lost': (_, random) => cutServer(random, (own) => ways(members, own)),
    'server cut off from one member': (_, random) => {
      const member = random.below(COUNT);
      return cutServer(random, (own) => bothWays(own, place(members, member)));
    },
    'member cut off': (ground, random) =>
      cutMember(ground, random, (own) => bothWays(own, [...members, ...servers])),
    'member cut off from members': (ground, random) =>
      cutMember(ground, random, (own) => bothWays(own, members)),
    'leader cut off from members': (ground) =>
      ofLeader(ground, async (leader) =>
        network.cut(bothWays(place(members, ground.etcd.members.indexOf(leader)), members)),
      ),
    'majority cut off': (_, random) => ({
      which: '',
      needs: MEMBERS,
      begin: () => {
        const [one, ...most] = shuffled(members, random);
        const rest = one === undefined ? [] : [one];
        return network.cut([...bothWays(most, [...rest, ...servers]), ...ways(most, most)]);
      },
    }),
    'split in two': (_, random) => ({
      which: '',
      needs: [...MEMBERS, ...SERVERS],
      begin: () => {
        const [member, server] = [random.below(COUNT), random.below(COUNT)];
        const small = [...place(members, member), ...place(servers, server)];
        const large = [...members, ...servers].filter((one) => !small.includes(one));
        return network.cut(bothWays(small, large));
      },
    }),
  };
}

/** Returns all faults that can be made here. */
export function kindsOf(ground: ClusterGround): readonly string[] {
  return Object.keys(makersOf(ground));
}

/** Draws a fault of a kind. Nothing is broken before it begins. */
export function faultOf(kind: string, ground: ClusterGround, random: Random): Fault {
  const make = makersOf(ground)[kind];
  if (make === undefined) throw new RangeError(`There is no fault "${kind}".`);
  return { kind, ...make(ground, random) };
}

function makersOf(ground: ClusterGround): Readonly<Record<string, Maker>> {
  return {
    ...MEMBER_FAULTS,
    ...SERVER_FAULTS,
    ...(ground.hasClocks ? CLOCK_FAULTS : {}),
    ...(ground.hasDisks ? DISK_FAULTS : {}),
    ...(ground.network === undefined ? {} : networkFaults(ground.network)),
  };
}

function ofServer(
  random: Random,
  begin: (index: number) => Promise<() => Promise<void>>,
): Omit<Fault, 'kind'> {
  const index = random.below(COUNT);
  const which = `server ${index}`;
  return { which, needs: [which], begin: () => begin(index) };
}

function ofMember(
  { etcd }: ClusterGround,
  random: Random,
  begin: (member: EtcdMember, index: number) => Promise<() => Promise<void>>,
): Omit<Fault, 'kind'> {
  const index = random.below(COUNT);
  const which = `member ${index}`;
  return { which, needs: [which], begin: () => begin(etcd.member(index), index) };
}

/** Which member leads is known only when it begins. */
function ofLeader(
  { etcd }: ClusterGround,
  begin: (leader: EtcdMember) => Promise<() => Promise<void>>,
): Omit<Fault, 'kind'> {
  return { which: '', needs: MEMBERS, begin: async () => begin(await etcd.leader()) };
}

function ways(from: readonly Place[], to: readonly Place[]): readonly Way[] {
  return from.flatMap((one) =>
    to.filter((other) => other !== one).map((other) => [one.address, other.address] as const),
  );
}

function bothWays(some: readonly Place[], others: readonly Place[]): readonly Way[] {
  return [...ways(some, others), ...ways(others, some)];
}

async function startServers(ground: ClusterGround, random: Random): Promise<void> {
  const order = shuffled(
    SERVERS.map((_, index) => index),
    random,
  );
  await inOrder(order, random, (index) => ground.startServer(index));
}

async function startMembers(members: readonly EtcdMember[], random: Random): Promise<void> {
  await inOrder(members, random, async (member) => member.start());
}

/** Starts one after the other; none is waited for before the next. */
async function inOrder<T>(
  all: readonly T[],
  random: Random,
  start: (one: T) => Promise<void>,
): Promise<void> {
  const started: Promise<void>[] = [];
  for (const one of all) {
    started.push(start(one));
    await passes(random.below(START_PAUSE_MS_MAX));
  }
  await Promise.all(started);
}

/** Delays each sync of a member. */
async function slowDown(member: EtcdMember): Promise<() => Promise<void>> {
  const delay = `inject=fsync,fdatasync:delay_enter=${SYNC_DELAY_MICROSECONDS}`;
  const words = [
    '-f',
    '-qq',
    '-o',
    '/dev/null',
    '-p',
    String(member.pid),
    '-e',
    'trace=fsync,fdatasync',
    '-e',
    delay,
  ];
  const tracer = spawn('strace', words, { stdio: 'ignore' });
  const ended = once(tracer, 'close');
  return async () => {
    tracer.kill('SIGINT');
    await ended;
  };
}

type Etcd = ClusterGround['etcd'];

/** Puts keys beside those of the cluster until etcd takes no more. */
async function fillEtcd(etcd: Etcd): Promise<void> {
  for (let count = 0; ; count++) {
    const put = await etcd.put(`${FILLER_KEY}${count}`, 'x'.repeat(FILLER_OCTETS));
    if (put.includes('database space exceeded')) return;
  }
}

async function emptyEtcd(etcd: Etcd): Promise<void> {
  await etcd.ctl('del', '--prefix', FILLER_KEY);
  await compact(etcd);
  await etcd.ctl('defrag');
  await etcd.ctl('alarm', 'disarm');
}

/** Forgets all revisions but the present one. */
async function compact(etcd: Etcd): Promise<void> {
  const [, revision = ''] =
    /"Revision" : (\d+)/.exec(await etcd.ctl('get', FILLER_KEY, '-w', 'fields')) ?? [];
  // Somebody else may have done so meanwhile.
  await etcd.ctl('compact', '--physical', revision).catch((error: unknown) => {
    if (!String(error).includes('has been compacted')) throw error;
  });
}

function shuffled<T>(all: readonly T[], random: Random): readonly T[] {
  const rest = [...all];
  return all.flatMap(() => rest.splice(random.below(rest.length), 1));
}

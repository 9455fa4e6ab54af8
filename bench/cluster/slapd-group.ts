/**
 * Two providers of slapd that replicate each other (multi-provider replication, refreshAndPersist), as the administrator's guide
 * of OpenLDAP sets them up.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { LdapClient } from '../../src/ldap-client/ldap-client.ts';
import type { RunningServer } from '../servers/server.ts';
import { addContainers, slapdTarget, startSlapdAt, writeSettings } from '../servers/slapd.ts';
import { BOTH_CORES, findFreePort, type Stage } from '../stage.ts';
import type { CaughtUp, ServerGroup } from './group.ts';

const PROVIDERS = 2;
const SUFFIX = 'cn=mirror';
const LOOK_MS = 5;
const TIMEOUT_MS = 60_000;

/** Starts the providers on new folders. */
export async function startSlapdGroup(stage: Stage): Promise<ServerGroup> {
  const ports = [await findFreePort(), await findFreePort()];
  const folders: string[] = [];
  const servers: RunningServer[] = [];
  const startOne = async (index: number): Promise<CaughtUp> => {
    const startedAt = performance.now();
    const server = await startSlapdAt(stage, folders[index] ?? '', ports[index] ?? 0, BOTH_CORES);
    servers[index] = server;
    const others = servers.filter((_, other) => other < PROVIDERS && other !== index);
    for (const other of others) await haveSame(server, other);
    return { server, ms: performance.now() - startedAt };
  };
  const makeOne = async (index: number): Promise<void> => {
    const folder = stage.makeFolder('slapd');
    folders[index] = folder;
    ports[index] ??= await findFreePort();
    writeSettings(folder, sharingOf(index, ports.slice(0, PROVIDERS)));
  };
  await makeOne(0);
  servers[0] = await startSlapdAt(stage, folders[0] ?? '', ports[0] ?? 0, BOTH_CORES);
  await addContainers(ports[0] ?? 0);
  await makeOne(1);
  await startOne(1);
  return {
    name: 'slapd',
    servers,
    get pids() {
      return servers.map(({ pid }) => pid);
    },
    async end(index, isKilled) {
      const server = servers[index];
      if (server === undefined) throw new RangeError(`There is no server ${index}.`);
      if (isKilled) process.kill(server.pid, 'SIGKILL');
      await server.stop();
    },
    restart: startOne,
    async join() {
      const index = servers.length;
      await makeOne(index);
      return startOne(index);
    },
    async stop() {
      await Promise.all(servers.map((server) => server.stop()));
    },
  };
}

/** Each provider follows all others. One that joins later is followed by nobody: nobody writes to it. */
function sharingOf(index: number, ports: readonly number[]) {
  const followed = ports.flatMap((port, other) =>
    other === index
      ? []
      : [
          [
            `syncrepl rid=${String(other + 1).padStart(3, '0')} provider=ldap://127.0.0.1:${port} searchbase="${SUFFIX}"`,
            `type=refreshAndPersist retry="1 +" bindmethod=simple binddn="${slapdTarget.bindDn}"`,
            `credentials="${slapdTarget.password}"`,
          ].join(' '),
        ],
  );
  return {
    modules: ['syncprov'],
    global: [`serverID ${index + 1}`],
    database: [
      'index entryCSN,entryUUID eq',
      ...followed,
      'multiprovider TRUE',
      'overlay syncprov',
      'syncprov-checkpoint 1000 1',
      'syncprov-sessionlog 10000',
    ],
  };
}

/** Resolves when both know the same last change of each provider. */
async function haveSame(one: RunningServer, other: RunningServer): Promise<void> {
  const [first, second] = await Promise.all([connect(one), connect(other)]);
  try {
    for (;;) {
      const [mine, theirs] = await Promise.all([lastChanges(first), lastChanges(second)]);
      if (mine !== '' && mine === theirs) return;
      await sleep(LOOK_MS);
    }
  } finally {
    first.close();
    second.close();
  }
}

async function connect({ port }: RunningServer): Promise<LdapClient> {
  const place = { host: '127.0.0.1', port };
  const client = await LdapClient.open({ place, security: 'none', timeoutMs: TIMEOUT_MS });
  await client.bind({ dn: slapdTarget.bindDn, password: slapdTarget.password });
  return client;
}

async function lastChanges(client: LdapClient): Promise<string> {
  const { entries } = await client.ask({
    type: 'searchRequest',
    base: SUFFIX,
    scope: 0,
    derefAliases: 0,
    sizeLimit: 0,
    timeLimit: 0,
    typesOnly: false,
    filter: { type: 'present', attribute: 'objectClass' },
    attributes: ['contextCSN'],
  });
  const values = entries[0]?.attributes.flatMap((attribute) => attribute.values) ?? [];
  return values.toSorted().join();
}

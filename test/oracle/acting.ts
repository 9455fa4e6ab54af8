// What a server does and not what it says: it is connected to, with certificates that must and must not log in; accounts
// log in; a message goes through each mail server. The same is tried with the live server and with the fresh one.

import { stat } from 'node:fs/promises';
import { connect as connectSocket } from 'node:net';
import { connect, type TLSSocket } from 'node:tls';
import type { DescribedPart } from '../../src/runtime/description.ts';
import {
  addRequest,
  bindRequest,
  extendedRequest,
  saslBindRequest,
  scopes,
  searchRequest,
} from '../support/ber-bytes.ts';
import type { FoundEntry } from '../support/ber-element.ts';
import { START_TLS } from '../support/clients/tls-client.ts';
import { RawClient } from '../support/raw-client.ts';
import type { Fixtures } from './fixtures.ts';

/** Outcomes by what was tried. */
export type Outcomes = Readonly<Record<string, string>>;

export interface Acting {
  /** The administrator's connection. */
  readonly client: RawClient;
  /** Where 127.0.0.n is for this server: 127.0.0.n or 127.77.0.n. */
  readonly network: string;
  /** The instance folder of this server; in the parts it is called /i. */
  readonly folder: string;
  readonly fixtures: Fixtures;
  readonly parts: readonly DescribedPart[];
}

const WHO_AM_I = '1.3.6.1.4.1.4203.1.11.3';
const LOOK_MS = 20;
const PATIENCE_MS = 60_000;
const PASSWORDS = ['canary-user-a', 'canary-user-b'];
let taskCount = 0;

export async function act(acting: Acting): Promise<Outcomes> {
  return {
    ...(await connectToAll(acting)),
    ...(await bindAsAll(acting)),
    ...(await sendThroughAll(acting)),
  };
}

async function connectToAll(acting: Acting): Promise<Outcomes> {
  const outcomes: Record<string, string> = {};
  for (const { kind, facts } of acting.parts) {
    if (!kind.endsWith('connection-handler')) continue;
    const { name, listener, allowStartTls } = Object(facts);
    for (const url of listener.urls as string[]) {
      const tries = url.startsWith('ldap:') && allowStartTls === true ? ['plain', 'start-tls'] : ['plain'];
      for (const way of tries)
        Object.assign(outcomes, await connectTo(acting, url, way, `${name} ${url} ${way}`));
    }
  }
  return outcomes;
}

async function connectTo(acting: Acting, url: string, way: string, what: string): Promise<Outcomes> {
  const { protocol, hostname, port } = new URL(url);
  if (protocol === 'http:') {
    const answer = await fetch(`http://${there(acting, hostname)}:${port}/healthz`).catch(reasonOf);
    return { [what]: typeof answer === 'string' ? 'no answer' : `answered with ${answer.status}` };
  }
  if (protocol === 'ldapi:') {
    // The socket of the other server is in the other folder, under the same name.
    const path = decodeURIComponent(hostname).replace(/^\/i(?=\/)/, acting.folder);
    return { [what]: await withLocalSocket(path) };
  }
  if (protocol === 'ldap:' && way === 'plain') {
    const place = { host: there(acting, hostname), port: Number(port) };
    return { [what]: await withSocket(connectSocket(place), async (client) => whoAmI(client)) };
  }
  const outcomes: Record<string, string> = {};
  for (const name of [undefined, ...Object.keys(acting.fixtures.clients)])
    outcomes[`${what} as ${name}`] = await secured(acting, {
      host: there(acting, hostname),
      port: Number(port),
      way,
      name,
    });
  return outcomes;
}

/** Who may come, by the mode of the file, and who a client is that comes. */
async function withLocalSocket(path: string): Promise<string> {
  const stats = await stat(path).catch(() => undefined);
  if (stats === undefined) return 'no socket';
  const outcome = await withSocket(connectSocket({ path }), async (client) => {
    const { code } = await client.request(saslBindRequest('EXTERNAL'));
    return `EXTERNAL ${code} ${await whoAmI(client)}`;
  });
  return `${stats.mode.toString(8)} ${outcome}`;
}

interface Place {
  readonly host: string;
  readonly port: number;
  readonly way: string;
  /** Whose certificate is shown. */
  readonly name: string | undefined;
}

async function secured({ fixtures }: Acting, { host, port, way, name }: Place): Promise<string> {
  const shown = name === undefined ? undefined : fixtures.clients[name];
  const options = {
    rejectUnauthorized: false,
    servername: 'localhost',
    ...(shown === undefined ? {} : { key: shown.key, cert: shown.certificate }),
  };
  try {
    let under: ReturnType<RawClient['release']> | undefined;
    if (way === 'start-tls') {
      const clear = RawClient.over(connectSocket({ host, port }));
      const { code } = await clear.request(extendedRequest(START_TLS));
      if (code !== 0) return `StartTLS ${code}`;
      under = clear.release();
    }
    const socket = connect(under === undefined ? { host, port, ...options } : { socket: under, ...options });
    return await withSocket(socket, async (client) => {
      const { code } = await client.request(saslBindRequest('EXTERNAL'));
      const fingerprint = socket.getPeerX509Certificate()?.fingerprint256.slice(0, 8);
      return `${socket.getProtocol()} ${fingerprint} EXTERNAL ${code} ${await whoAmI(client)}`;
    });
  } catch (error) {
    return reasonOf(error);
  }
}

async function withSocket(
  socket: TLSSocket | ReturnType<typeof connectSocket>,
  use: (client: RawClient) => Promise<string>,
): Promise<string> {
  const client = RawClient.over(socket);
  try {
    return await use(client);
  } catch {
    // Whether a refused certificate is told by an alert or by a reset is a matter of moments.
    return 'no connection';
  } finally {
    client.close();
  }
}

async function whoAmI(client: RawClient): Promise<string> {
  const { code, value } = await client.request(extendedRequest(WHO_AM_I));
  return `${code} ${value}`;
}

async function bindAsAll({ parts, network }: Acting): Promise<Outcomes> {
  const outcomes: Record<string, string> = {};
  const handler = parts.find(({ kind, facts }) => {
    const { protocol, denied, allowed, listener } = Object(facts);
    const isOpen = kind === 'ldap-connection-handler' && denied?.length === 0 && allowed?.length === 0;
    return isOpen && protocol === 'LDAP' && listener.sockets.length > 0;
  });
  const [url] = (Object(handler?.facts).listener?.urls ?? []) as string[];
  if (url === undefined) return outcomes;
  const { hostname, port } = new URL(url);
  for (const { kind, facts } of parts) {
    const { dn, names, passwords } = Object(facts);
    // The administrator logs in with every look.
    if (kind !== 'root-dn-user' || passwords.length === 0 || names.includes('uid=admin')) continue;
    for (const password of PASSWORDS) {
      const socket = connectSocket({ host: there({ network }, hostname), port: Number(port) });
      outcomes[`${dn} with ${password.slice(-1)}`] = await withSocket(socket, async (one) => {
        const name = names.at(-1) as string;
        return String((await one.request(bindRequest(name, password))).code);
      });
    }
  }
  return outcomes;
}

async function sendThroughAll({ client, parts }: Acting): Promise<Outcomes> {
  const outcomes: Record<string, string> = {};
  const servers = parts.filter(
    ({ kind, facts }) => kind === 'mail-server' && Object(facts).isEnabled === true,
  );
  for (const { facts } of servers) {
    const { name } = Object(facts) as { readonly name: string };
    outcomes[`a message through ${name}`] = await sendThrough(client, name);
  }
  return outcomes;
}

async function sendThrough(client: RawClient, name: string): Promise<string> {
  taskCount += 1;
  const id = `oracle-${process.pid}-${taskCount}`;
  const dn = `ds-task-id=${id},cn=Scheduled Tasks,cn=tasks`;
  const added = await client.request(
    addRequest(dn, [
      ['objectClass', ['top', 'ds-task', 'ds-task-send-test-message']],
      ['ds-task-id', [id]],
      ['ds-task-mail-server', [name]],
      ['ds-task-mail-sender', ['oracle@example.com']],
      ['ds-task-mail-recipient', [`${id}@example.com`]],
    ]),
  );
  if (added.code !== 0) return `refused with ${added.code}`;
  const until = Date.now() + PATIENCE_MS;
  for (;;) {
    const [entry] = (await client.request(searchRequest(dn, { scope: scopes.base }))).entries;
    const [state = ''] = entry?.attributes['ds-task-state'] ?? [];
    if (/^(?:COMPLETED|STOPPED)/i.test(state)) return `${state} ${problemOf(entry)}`;
    if (Date.now() > until) return `still ${state}`;
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
}

function problemOf(entry: FoundEntry | undefined): string {
  return (entry?.attributes['ds-task-mail-problem'] ?? []).join(' ');
}

function there({ network }: Pick<Acting, 'network'>, host: string): string {
  return host.replace(/^127\.0\.0\./, network);
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? `failed: ${error.name}` : String(error);
}

// What is around the servers of a sequence: the mail servers that they send to, the service that has secrets, and ports.

import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import { freePort } from '../support/free-port.ts';
import { SmtpReceiver } from '../support/mail/smtp-receiver.ts';
import { SecretServer } from '../support/secret-server.ts';
import type { Fixtures } from './fixtures.ts';

const PORTS = ['ldap', 'ldaps', 'http', 'port1', 'port2', 'port3', 'port4'];
/** Where 127.0.0.n is: for the first server, and for a fresh one. */
const NETWORKS = ['127.0.0.', '127.77.0.'];

export class Surroundings {
  /** Texts that differ from sequence to sequence, such as ports, by their names. */
  readonly places: Readonly<Record<string, string>>;
  readonly #receivers: readonly SmtpReceiver[];
  readonly #secrets: SecretServer;
  readonly #taken: readonly Server[];

  private constructor(
    places: Surroundings['places'],
    receivers: readonly SmtpReceiver[],
    secrets: SecretServer,
    taken: readonly Server[],
  ) {
    this.places = places;
    this.#receivers = receivers;
    this.#secrets = secrets;
    this.#taken = taken;
  }

  /** @param networks Where else 127.0.0.n is, for servers that elsewhere.mjs moves. */
  static async open(fixtures: Fixtures, networks: readonly string[] = []): Promise<Surroundings> {
    const ports = await Promise.all(PORTS.map(async (name) => [name, String(await freePort())] as const));
    const taken = await takePort([...NETWORKS, ...networks]);
    const { mailServers, fingerprints } = fixtures;
    const tls = ({ key, certificate }: { key: string; certificate: string }) => ({ key, cert: certificate });
    const users = { 'canary-name-of-user': 'canary-mail-a' };
    const receivers = {
      smtpPlain: await SmtpReceiver.start({ disabledCommands: ['STARTTLS', 'AUTH'] }),
      smtpStartTls: await SmtpReceiver.start({ ...tls(mailServers.first), users, authOptional: true }),
      smtpTls: await SmtpReceiver.start({
        ...tls(mailServers.second),
        secure: true,
        users,
        authOptional: true,
      }),
    };
    const secrets = await openSecrets();
    const places = {
      ...Object.fromEntries(ports),
      secrets: String(secrets.port),
      taken: taken.port,
      ...Object.fromEntries(Object.entries(receivers).map(([name, { port }]) => [name, String(port)])),
      firstFingerprint: fingerprints.first,
      secondFingerprint: fingerprints.second,
    };
    return new Surroundings(places, Object.values(receivers), secrets, taken.servers);
  }

  async close(): Promise<void> {
    await Promise.all(this.#receivers.map((receiver) => receiver.stop()));
    await this.#secrets.close();
    for (const server of this.#taken) server.close();
  }
}

/** Gives the same secret wherever it is asked for it: what is fetched stays until a reload, also if its source changes. */
async function openSecrets(): Promise<SecretServer> {
  const secrets = await SecretServer.start();
  const body = JSON.stringify({ pin: 'canary-mail-a' });
  for (const path of ['/', '/mail', '/other', '/other/mail']) secrets.answers.set(path, { body });
  for (const base of ['', '/other']) {
    const kv = { body: JSON.stringify({ data: { data: { pin: 'canary-mail-a' } } }) };
    secrets.answers.set(`${base}/v1/secret/data/mail`, kv);
  }
  return secrets;
}

/** The same port on all networks. */
async function takePort(
  networks: readonly string[],
): Promise<{ readonly port: string; readonly servers: readonly Server[] }> {
  const port = await freePort();
  const servers = networks.map((network) =>
    createServer((socket) => socket.destroy()).listen(port, `${network}1`),
  );
  await Promise.all(servers.map((server) => once(server, 'listening')));
  return { port: String(port), servers };
}

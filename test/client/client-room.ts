// A confdit server with an account for applications, and a mail server whose properties the tests say.

import { once } from 'node:events';
import {
  type MailServerEvents,
  type OpenedMailServer,
  type OpenOptions,
  openMailServer,
} from '../../src/client/open-mail-server.ts';
import { changeLdif, mailServerDn, mailServerLdif } from '../mail/mail-servers-in-ldif.ts';
import { accountDn, accountLdif } from '../support/accounts.ts';
import { LdapTools } from '../support/ldap-tools.ts';
import { type RunningServer, type StartOptions, startServer } from '../support/start-server.ts';

export const APP_PASSWORD = 'app-password-1';
/** Short, so that no test waits; they still grow. */
export const RECONNECT = { firstMs: 20, longestMs: 200 };

type Properties = Readonly<Record<string, string | number | boolean>>;

export class ClientRoom {
  server: RunningServer;
  tools: LdapTools;
  readonly #opened: OpenedMailServer[] = [];

  static async start(options: StartOptions = {}): Promise<ClientRoom> {
    const room = new ClientRoom(await startServer(options));
    const account = { password: APP_PASSWORD, privileges: ['config-read', 'secret-read'] };
    await room.add(accountLdif('app', account));
    return room;
  }

  private constructor(server: RunningServer) {
    this.server = server;
    this.tools = new LdapTools(server);
  }

  async add(ldif: string): Promise<void> {
    await succeed(this.tools.add(ldif));
  }

  /** Without encryption unless the properties say so. */
  addMailServer(name: string, port: number, properties: Properties = {}): Promise<void> {
    const all = { 'smtp-server': `127.0.0.1:${port}`, 'use-start-tls': false, ...properties };
    return this.add(mailServerLdif(name, all));
  }

  async change(name: string, properties: Readonly<Record<string, string | undefined>>): Promise<void> {
    await succeed(this.tools.modify(changeLdif(mailServerDn(name), properties)));
  }

  async enable(dn: string): Promise<void> {
    await succeed(this.tools.modify(changeLdif(dn, { enabled: 'true' })));
  }

  async delete(name: string): Promise<void> {
    await succeed(this.tools.delete(mailServerDn(name)));
  }

  /** As the account `app`, unless the options say otherwise. */
  async open(mailServer: string, options: Partial<OpenOptions> = {}): Promise<OpenedMailServer> {
    const opened = await openMailServer({
      url: this.server.url,
      bindDn: accountDn('app'),
      password: APP_PASSWORD,
      reconnect: RECONNECT,
      mailServer,
      ...options,
    });
    this.#opened.push(opened);
    return opened;
  }

  /** Starts the server again where it was. */
  async restart(): Promise<void> {
    const { folder, port } = this.server;
    this.server = await startServer({ folder, port });
  }

  async closeAll(): Promise<void> {
    await Promise.all(this.#opened.splice(0).map((opened) => opened.close()));
  }
}

async function succeed(
  running: Promise<{ readonly code: number | null; readonly stderr: string }>,
): Promise<void> {
  const { code, stderr } = await running;
  if (code !== 0) throw new Error(`The change was refused: ${stderr}`);
}

/** Resolves when the event comes; ask before what causes it. */
export async function next<Name extends keyof MailServerEvents>(
  opened: OpenedMailServer,
  name: Name,
): Promise<MailServerEvents[Name]> {
  return (await once(opened, name)) as MailServerEvents[Name];
}

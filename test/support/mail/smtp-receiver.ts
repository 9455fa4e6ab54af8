// An SMTP server in the test's own process, for what no real mail server can be made to do. It remembers what it was sent,
// and tells what was said.

import type { AddressInfo } from 'node:net';
import type { SMTPServerOptions, SMTPServerSession } from 'smtp-server';
import { SMTPServer } from 'smtp-server';

export interface Received {
  readonly from: string;
  readonly to: readonly string[];
  readonly text: string;
  /** Who has logged in. */
  readonly user: string | undefined;
  readonly isEncrypted: boolean;
  readonly protocol: string | undefined;
  readonly cipher: string | undefined;
  /** What the client calls itself. */
  readonly clientName: string;
  readonly method: string | undefined;
  readonly remotePort: number;
}

export interface ReceiverOptions extends SMTPServerOptions {
  /** Those that may log in, with their passwords; nobody needs to when there are none. */
  readonly users?: Readonly<Record<string, string>>;
  readonly port?: number;
  readonly host?: string;
}

const receivers = new Set<SmtpReceiver>();

/** Ends those that still run. */
export async function endReceivers(): Promise<void> {
  await Promise.all([...receivers].map((receiver) => receiver.stop()));
}

export class SmtpReceiver {
  readonly messages: Received[] = [];
  /** What clients have tried to log in with. */
  readonly logins: { readonly user: string; readonly password: string; readonly isEncrypted: boolean }[] = [];
  connections = 0;
  readonly #server: SMTPServer;
  readonly #waiting = new Set<() => void>();

  static async start(options: ReceiverOptions = {}): Promise<SmtpReceiver> {
    const receiver = new SmtpReceiver(options);
    await new Promise<void>((resolve, reject) => {
      receiver.#server.once('error', reject);
      receiver.#server.listen(options.port ?? 0, options.host ?? '127.0.0.1', () => {
        receiver.#server.off('error', reject);
        resolve();
      });
    });
    // Clients that break off are what many tests are about.
    receiver.#server.on('error', () => {});
    receivers.add(receiver);
    return receiver;
  }

  private constructor({ users, ...options }: ReceiverOptions) {
    this.#server = new SMTPServer({
      closeTimeout: 100,
      // Without it, it warns of the certificate it brings.
      logger: false,
      disableReverseLookup: true,
      authOptional: users === undefined,
      ...(users === undefined && options.disabledCommands === undefined
        ? { disabledCommands: ['AUTH'] }
        : {}),
      onConnect: (_, done) => {
        this.connections += 1;
        this.#ring();
        done();
      },
      onAuth: ({ username, password, validatePassword }, session, done) => {
        const user = username ?? '';
        this.logins.push({ user, password: password ?? '', isEncrypted: session.secure });
        const expected = users?.[user];
        const isRight =
          expected !== undefined && (validatePassword?.(expected) === true || password === expected);
        if (isRight) done(null, { user });
        else done(Object.assign(new Error('wrong name or password'), { responseCode: 535 }));
      },
      onData: (stream, session, done) => {
        const pieces: Buffer[] = [];
        stream.on('data', (piece: Buffer) => pieces.push(piece));
        stream.on('end', () => {
          this.remember(session, Buffer.concat(pieces).toString('utf8'));
          done(null, `queued as ${this.messages.length}`);
        });
      },
      ...options,
    });
  }

  get port(): number {
    return (this.#server.server.address() as AddressInfo).port;
  }

  remember(session: SMTPServerSession, text: string): void {
    const { mailFrom, rcptTo } = session.envelope;
    const tls = typeof session.tlsOptions === 'object' ? session.tlsOptions : undefined;
    this.messages.push({
      from: mailFrom === false ? '' : mailFrom.address,
      to: rcptTo.map(({ address }) => address),
      text,
      user: typeof session.user === 'string' ? session.user : undefined,
      isEncrypted: session.secure,
      protocol: tls?.version,
      cipher: tls?.standardName,
      clientName: String(session.hostNameAppearsAs),
      method: session.transmissionType,
      remotePort: session.remotePort,
    });
    this.#ring();
  }

  /** Resolves when so many messages are there. */
  async received(count: number): Promise<readonly Received[]> {
    while (this.messages.length < count) {
      await new Promise<void>((resolve) => this.#waiting.add(resolve));
    }
    return this.messages;
  }

  async stop(): Promise<void> {
    receivers.delete(this);
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }

  #ring(): void {
    for (const resolve of this.#waiting) resolve();
    this.#waiting.clear();
  }
}

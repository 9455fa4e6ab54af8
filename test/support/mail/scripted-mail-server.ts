// A mail server that says what a test wants, line by line, and remembers every octet that it was sent.

import { createServer, type Server, type Socket } from 'node:net';

/** Stands for a line before the first one. */
export const CONNECTED = '(connected)';

/** What is said to a line; undefined: nothing. */
export type Answers = (line: string, socket: Socket) => string | undefined;

const servers = new Set<ScriptedMailServer>();

/** Ends those that still run. */
export async function endScriptedMailServers(): Promise<void> {
  await Promise.all([...servers].map((server) => server.stop()));
}

export class ScriptedMailServer {
  /** The lines it was sent, on all connections. */
  readonly lines: string[] = [];
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  static async start(answers: Answers): Promise<ScriptedMailServer> {
    const server = new ScriptedMailServer(answers);
    await new Promise<void>((resolve) => server.#server.listen(0, '127.0.0.1', resolve));
    servers.add(server);
    return server;
  }

  private constructor(answers: Answers) {
    this.#server = createServer((socket) => this.#serve(socket, answers));
  }

  get port(): number {
    const address = this.#server.address();
    return typeof address === 'object' && address !== null ? address.port : 0;
  }

  /** All that it was sent. */
  get heard(): string {
    return this.lines.join('\n');
  }

  async stop(): Promise<void> {
    servers.delete(this);
    for (const socket of this.#sockets) socket.destroy();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }

  #serve(socket: Socket, answers: Answers): void {
    this.#sockets.add(socket);
    socket.on('error', () => {});
    socket.once('close', () => this.#sockets.delete(socket));
    const say = (line: string) => {
      const text = answers(line, socket);
      if (text !== undefined && !socket.destroyed) socket.write(text);
    };
    say(CONNECTED);
    let rest = '';
    socket.setEncoding('latin1').on('data', (piece: string) => {
      const lines = (rest + piece).split('\r\n');
      rest = lines.pop() ?? '';
      for (const line of lines) {
        this.lines.push(line);
        say(line);
      }
    });
  }
}

export interface MailServerWords {
  /** The lines of the answer to EHLO, without codes and the first. */
  readonly offers?: readonly string[];
  /** What is said to a command instead, by how it begins: `AUTH`, `RCPT TO:<a@`, `.`, or CONNECTED. */
  readonly says?: Readonly<Record<string, string>>;
}

/** Answers as a mail server does that takes everything, but for some commands. */
export function mailServerAnswers({ offers = [], says = {} }: MailServerWords = {}): Answers {
  const content = new WeakSet<Socket>();
  return (line, socket) => {
    if (content.has(socket) && line !== '.') return undefined;
    const key = Object.keys(says).find((begin) => (begin === '.' ? line === '.' : line.startsWith(begin)));
    const own = key === undefined ? undefined : says[key];
    if (line === '.') content.delete(socket);
    if (line === 'DATA' && (own === undefined || own.startsWith('3'))) content.add(socket);
    if (own !== undefined) return own;
    if (line === CONNECTED) return '220 mail.example.com ESMTP\r\n';
    if (line.startsWith('EHLO'))
      return ['mail.example.com', ...offers]
        .map((text, at) => `250${at === offers.length ? ' ' : '-'}${text}\r\n`)
        .join('');
    if (line.startsWith('AUTH PLAIN')) return '235 ok\r\n';
    if (line.startsWith('AUTH')) return '334 VXNlcm5hbWU6\r\n';
    if (line === 'DATA') return '354 go\r\n';
    return line === 'QUIT' ? '221 bye\r\n' : '250 ok\r\n';
  };
}

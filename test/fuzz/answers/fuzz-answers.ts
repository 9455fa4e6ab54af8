// Commands and applications against a server that answers strangely: whatever it says, each of their calls ends with a value
// or with an error of theirs, nothing is thrown where nobody catches it, and the memory stays bounded.

import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CommandError } from '../../../src/cli/command.ts';
import { ChangeStream } from '../../../src/cli/connection/change-stream.ts';
import type { ConnectionChoice } from '../../../src/cli/connection/connection-choice.ts';
import { ServerConnection } from '../../../src/cli/connection/server-connection.ts';
import { MailServerError, openMailServer } from '../../../src/client/open-mail-server.ts';
import { Dn } from '../../../src/ldap/dn.ts';
import { Attribute, Entry } from '../../../src/ldap/entry.ts';
import { Oid } from '../../../src/ldap/oids.ts';
import { removeFolder } from '../../support/folders.ts';
import { ScriptedServer } from '../../support/scripted-server.ts';
import { Random } from '../random.ts';
import { StrangeAnswers } from './strange-answers.ts';

export interface FuzzAnswersOptions {
  /** How many spoiled answers at least. */
  readonly answers: number;
  readonly seed: number;
  /** Clients at a time. */
  readonly clients: number;
  readonly progress?: (spoiled: number, findings: number) => void;
}

export interface FuzzAnswersReport {
  readonly spoiled: number;
  readonly clients: number;
  /** Calls that ended with a value, and with an error of ours. */
  readonly succeeded: number;
  readonly failed: number;
  readonly findings: readonly string[];
  /** Resident memory, in megabytes. */
  readonly megabytes: { readonly before: number; readonly most: number; readonly after: number };
}

/** The server ends each connection that it has answered strangely, before anybody loses patience. */
const PATIENCE_MS = 120_000;
/** Asking for the memory costs more than a call. */
const CLIENTS_PER_LOOK = 200;
const ENTRY = Entry.of(Dn.parse('cn=A,cn=Mail Servers,cn=config'), { objectClass: 'top', cn: 'A' });
const BATCH = 30;

/** What comes of a seed is the same each time, but for the order in which clients have their turns. */
export async function fuzzAnswers(options: FuzzAnswersOptions): Promise<FuzzAnswersReport> {
  const folder = await mkdtemp(join(tmpdir(), 'confdit-answers-'));
  const path = join(folder, 'ldapi');
  const strange = new StrangeAnswers(new Random(options.seed));
  const server = await ScriptedServer.start({
    path,
    script: (request, socket) => strange.answer(request, socket),
  });
  const run = new Run(path, strange, options);
  const hear = (error: unknown) => run.found('nobody caught', error);
  process.on('uncaughtException', hear);
  process.on('unhandledRejection', hear);
  try {
    return await run.drive();
  } finally {
    await server.close();
    process.off('uncaughtException', hear);
    process.off('unhandledRejection', hear);
    await removeFolder(folder);
  }
}

class Run {
  readonly #path: string;
  readonly #strange: StrangeAnswers;
  readonly #options: FuzzAnswersOptions;
  readonly #findings: string[] = [];
  #clients = 0;
  #succeeded = 0;
  #failed = 0;
  #mostMegabytes = 0;

  constructor(path: string, strange: StrangeAnswers, options: FuzzAnswersOptions) {
    this.#path = path;
    this.#strange = strange;
    this.#options = options;
  }

  found(what: string, error: unknown): void {
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    if (this.#findings.length < 100) this.#findings.push(`${what}: ${text}`);
  }

  async drive(): Promise<FuzzAnswersReport> {
    const before = residentMegabytes();
    const workers = Array.from({ length: this.#options.clients }, (_, index) => this.#work(index));
    await Promise.all(workers);
    return {
      spoiled: this.#strange.spoiledCount,
      clients: this.#clients,
      succeeded: this.#succeeded,
      failed: this.#failed,
      findings: this.#findings,
      megabytes: { before, most: this.#mostMegabytes, after: residentMegabytes() },
    };
  }

  async #work(index: number): Promise<void> {
    const random = new Random(this.#options.seed + index + 1);
    while (this.#strange.spoiledCount < this.#options.answers) {
      this.#clients += 1;
      const kind = random.below(3);
      if (kind === 0) await this.#command(random);
      else if (kind === 1) await this.#bulk(random);
      else await this.#application(random);
      if (this.#clients % CLIENTS_PER_LOOK === 0) {
        this.#mostMegabytes = Math.max(this.#mostMegabytes, residentMegabytes());
      }
      this.#options.progress?.(this.#strange.spoiledCount, this.#findings.length);
    }
  }

  async #command(random: Random): Promise<void> {
    const server = await this.#call(ServerConnection.open(this.#choice(), {}), CommandError);
    if (server === undefined) return;
    for (let count = 1 + random.below(20); count > 0; count--) {
      if (!(await this.#ask(server, random)) && random.onceIn(2)) break;
    }
    await server.close();
  }

  /** Returns whether it succeeded. */
  async #ask(server: ServerConnection, random: Random): Promise<boolean> {
    const attribute = new Attribute('cn', ['b']);
    const change = { type: 'add', entry: ENTRY } as const;
    const calls: readonly (() => Promise<unknown>)[] = [
      () => server.search({ base: 'cn=config', scope: 'sub' }),
      () => server.search({ base: '', scope: 'base', attributes: ['1.1'] }),
      () => server.add(ENTRY),
      () => server.modify(ENTRY.dn.toString(), [{ operation: 'add', attribute }]),
      () => server.delete(ENTRY.dn.toString()),
      () => server.extended(Oid.whoAmI, undefined),
      () =>
        server.changeAll([
          { change, assertion: undefined },
          { change, assertion: undefined },
        ]),
    ];
    return (await this.#call(random.pick(calls)(), CommandError)) !== undefined;
  }

  async #bulk(random: Random): Promise<void> {
    const stream = await this.#call(ChangeStream.open(this.#choice(), {}), CommandError);
    if (stream === undefined) return;
    for (let count = 1 + random.below(5); count > 0; count--)
      await this.#call(random.onceIn(2) ? importInto(stream) : exportFrom(stream), CommandError);
    stream.close();
  }

  async #application(random: Random): Promise<void> {
    const opened = await this.#call(
      openMailServer({
        url: `ldapi://${encodeURIComponent(this.#path)}`,
        mailServer: 'Main',
        timeoutMs: PATIENCE_MS,
        reconnect: { firstMs: 1, longestMs: 5 },
        refreshMs: 1,
      }),
      MailServerError,
    );
    if (opened === undefined) return;
    // It goes on: reads again, loses the connection, makes another.
    opened.on('loss', (error) => {
      if (!(error instanceof MailServerError)) this.found('an error that is not ours', error);
    });
    await new Promise((resolve) => setTimeout(resolve, random.below(20)));
    await opened.close();
  }

  async #call<T>(
    call: Promise<T>,
    ours: typeof CommandError | typeof MailServerError,
  ): Promise<T | undefined> {
    try {
      const value = await call;
      this.#succeeded += 1;
      return value;
    } catch (error) {
      this.#failed += 1;
      if (!(error instanceof ours)) this.found('an error that is not ours', error);
      return undefined;
    }
  }

  #choice(): ConnectionChoice {
    return {
      socket: this.#path,
      host: 'localhost',
      port: 0,
      security: 'none',
      trustsAll: false,
      trustStore: undefined,
      keyStore: undefined,
      connectPatience: { ms: PATIENCE_MS, option: 'connectTimeout' },
      requestPatience: { ms: PATIENCE_MS, option: 'requestTimeout' },
      login: undefined,
    };
  }
}

async function importInto(stream: ChangeStream): Promise<void> {
  for (let count = 0; count < BATCH; count++) await stream.send({ type: 'add', entry: ENTRY }, [], () => {});
  await stream.drain();
}

async function exportFrom(stream: ChangeStream): Promise<void> {
  const filter = { type: 'present', attribute: 'objectClass' } as const;
  for await (const page of stream.search('cn=config', filter, ['*'])) if (page.length > 1_000_000) return;
}

function residentMegabytes(): number {
  return Math.round(process.memoryUsage.rss() / (1024 * 1024));
}

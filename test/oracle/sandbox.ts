// A live server with what a sequence changes of it: its sources and its files; and the connection of an administrator, which
// comes by the socket file that no sequence touches.

import { once } from 'node:events';
import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { formatLine } from '../../src/codec/ldif-writer.ts';
import { bindRequest } from '../support/ber-bytes.ts';
import { removeFolder } from '../support/folders.ts';
import { RawClient } from '../support/raw-client.ts';
import { ADMINISTRATOR, type RunningServer, startServer } from '../support/server-process.ts';
import { BEGINNING, CATALOG, TOKENS } from './catalog.ts';
import type { Fixtures } from './fixtures.ts';
import type { Surroundings } from './surroundings.ts';

const FAILING_DISK = fileURLToPath(new URL('../support/disk/failing-disk.mjs', import.meta.url));
const ELSEWHERE = fileURLToPath(new URL('elsewhere.mjs', import.meta.url));
const EXPRESSIONS = 'config/expressions/oracle.json';
const FAULT = 'fault';
const PROBLEMS_MAX = 5;
/** What the files of a sequence are at its beginning. */
const FIRST: Readonly<Record<string, string>> = {
  'oracle/trust-a': 'first authority',
  'oracle/trust-b': 'second authority',
  'oracle/keys-a': 'first key',
  'oracle/keys-b': 'second key',
  'oracle/trust-a.p12': 'first authority',
  'oracle/trust-b.p12': 'second authority',
  'oracle/keys-a.p12': 'first key',
  'oracle/keys-b.p12': 'second key',
  'oracle/mail.pin': 'canary-mail-b',
};

/** What a reload has come to. */
export interface Reloaded {
  readonly isDone: boolean;
  readonly problems: readonly string[];
}

/** Of a server that shares its configuration with others. */
export interface Seat {
  /** Where 127.0.0.n is for it, such as `127.31.0.`. */
  readonly network: string;
  readonly environment: Readonly<Record<string, string>>;
  /** Makes its instance folder. Without it, the server begins alone, and shares what it has with `share`. */
  readonly join?: (folder: string) => Promise<void>;
}

export class Sandbox {
  readonly fixtures: Fixtures;
  readonly #around: Surroundings;
  readonly #seat: Seat | undefined;
  readonly #base: string;
  readonly #fixed: Readonly<Record<string, string>>;
  #server: RunningServer | undefined;
  #client: RawClient | undefined;
  #environment: Readonly<Record<string, string>> = {};
  /** How it reaches the others, once it shares with them. */
  #shared: Readonly<Record<string, string>> = {};
  #tokens: Readonly<Record<string, string>>;
  /** What each file was made from last. */
  readonly #files = new Map<string, string | undefined>();

  private constructor(fixtures: Fixtures, around: Surroundings, base: string, seat: Seat | undefined) {
    this.#base = base;
    this.fixtures = fixtures;
    this.#around = around;
    this.#seat = seat;
    const { ldaps = '', http = '', ldap = '' } = around.places;
    this.#fixed = {
      LDAPS_PORT: ldaps,
      HTTP_PORT: http,
      HTTP_ENABLED: 'true',
      LDAP_PORT: ldap,
      CREDENTIALS_DIRECTORY: 'oracle',
    };
    this.#tokens = Object.fromEntries(Object.entries(TOKENS).map(([name, [first = '']]) => [name, first]));
  }

  static async open(fixtures: Fixtures, around: Surroundings, seat?: Seat): Promise<Sandbox> {
    const base = await mkdtemp(join(tmpdir(), 'confdit-oracle-'));
    const sandbox = new Sandbox(fixtures, around, base, seat);
    await sandbox.#begin();
    return sandbox;
  }

  get places(): Readonly<Record<string, string>> {
    return this.#around.places;
  }

  /** Where 127.0.0.n is for its server. */
  get network(): string {
    return this.#seat?.network ?? '127.0.0.';
  }

  get server(): RunningServer {
    if (this.#server === undefined) throw new Error('The server does not run.');
    return this.#server;
  }

  get client(): RawClient {
    if (this.#client === undefined) throw new Error('The server does not run.');
    return this.#client;
  }

  /** The instance folder. */
  get folder(): string {
    return join(this.#base, 'i');
  }

  get environment(): Readonly<Record<string, string>> {
    return { ...this.#fixed, ...this.#environment, ...this.#shared };
  }

  /** With the ports and names of this sequence in place of `{name}`. */
  filledIn(text: string): string {
    return text.replace(/\{(\w+)\}/g, (all, name: string) => this.places[name] ?? all);
  }

  /** Changes what the tokens are; a reload that is refused changes them back. */
  async changeTokens(tokens: Readonly<Record<string, string>>): Promise<Reloaded> {
    const before = this.#tokens;
    this.#tokens = { ...before, ...tokens };
    await this.#writeTokens();
    const reloaded = await this.reload();
    if (reloaded.isDone) return reloaded;
    this.#tokens = before;
    await this.#writeTokens();
    return reloaded;
  }

  async changeFiles(
    changes: readonly { readonly path: string; readonly fixture: string | undefined }[],
  ): Promise<Reloaded> {
    const before = changes.map(({ path }) => ({ path, fixture: this.#files.get(path) }));
    for (const one of changes) await this.#put(one.path, one.fixture);
    const reloaded = await this.reload();
    if (!reloaded.isDone) for (const one of before.toReversed()) await this.#put(one.path, one.fixture);
    return reloaded;
  }

  async reload(): Promise<Reloaded> {
    const { server } = this;
    const ends = () =>
      server.logLines().filter(({ msg }) => msg === 'reloaded' || msg.startsWith('nothing was reloaded'));
    const count = ends().length;
    process.kill(server.pid, 'SIGHUP');
    await server.waitForLog(() => ends().length > count);
    const refused = server.logLines().filter(({ msg }) => msg === 'not reloaded');
    const problems = refused.slice(-PROBLEMS_MAX).map(({ problem }) => String(problem));
    return ends()[count]?.msg === 'reloaded' ? { isDone: true, problems: [] } : { isDone: false, problems };
  }

  /** While something is done the journal cannot be written. */
  async withFault<T>(code: string, work: () => Promise<T>): Promise<T> {
    const path = join(this.#base, FAULT);
    await writeFile(path, code);
    try {
      return await work();
    } finally {
      await rm(path);
    }
  }

  /** Rejects when it does not start again. */
  async restart(
    how: NodeJS.Signals,
    environment: Readonly<Record<string, string>>,
  ): Promise<{ readonly isOther: boolean }> {
    this.#client?.close();
    await this.server.stop(how);
    const before = this.#environment;
    this.#environment = environment;
    try {
      await this.#start();
      return { isOther: true };
    } catch (error) {
      // Another environment may be a reason not to start; the one of before is none.
      if (JSON.stringify(before) === JSON.stringify(environment)) throw error;
      if (!/\d errors?|cannot|is not/.test(String(error))) throw error;
      this.#environment = before;
      await this.#start();
      return { isOther: false };
    }
  }

  async close(): Promise<void> {
    this.#client?.close();
    await this.#server?.stop('SIGKILL').catch(() => {});
    await removeFolder(this.#base);
  }

  /** Shares what the server has, and starts it again. */
  async share(init: (folder: string) => Promise<void>): Promise<void> {
    this.#client?.close();
    await this.server.stop();
    await init(this.folder);
    this.#shared = this.#seat?.environment ?? {};
    await this.#start();
  }

  async #begin(): Promise<void> {
    const make = this.#seat?.join;
    if (make !== undefined) {
      await make(this.folder);
      this.#shared = this.#seat?.environment ?? {};
    }
    for (const [path, fixture] of Object.entries(FIRST)) await this.#put(path, fixture);
    await this.#start({
      [EXPRESSIONS]: this.#tokensText(),
      ...(make === undefined ? { 'config/config-changes.ldif': this.#beginning() } : {}),
      'oracle/authorities.ldif': this.fixtures.ldif,
      'oracle/nothing.ldif': '',
    });
  }

  async #start(files: Readonly<Record<string, string>> = {}): Promise<void> {
    const environment = {
      ...this.environment,
      CONFDIT_TEST_FAULT: join(this.#base, FAULT),
      ...(this.#seat === undefined ? {} : { CONFDIT_TEST_NETWORK: this.#seat.network }),
      NODE_OPTIONS: [FAILING_DISK, ...(this.#seat === undefined ? [] : [ELSEWHERE])]
        .map((path) => `--import=${path}`)
        .join(' '),
    };
    const { folder } = this;
    this.#server = await startServer({
      folder,
      files,
      environment,
      port: Number(this.places.ldap),
      isDescribed: true,
    });
    this.#client = await administratorOf(this.#server);
  }

  #beginning(): string {
    const records = BEGINNING.map(({ dn, set }) => {
      const initial = CATALOG.find((one) => one.dn === dn)?.initial ?? {};
      const lines = Object.entries({ ...initial, ...set }).flatMap(([name, values]) =>
        values.map((value) => formatLine(name, this.filledIn(value))),
      );
      return [formatLine('dn', dn), ...lines].map((line) => `${line.trimEnd()}\n`).join('');
    });
    return records.join('\n');
  }

  #tokensText(): string {
    const flat = Object.entries(this.#tokens).map(([name, value]) => [
      name.replace(/^oracle\./, ''),
      this.filledIn(value),
    ]);
    return JSON.stringify({ oracle: Object.fromEntries(flat) });
  }

  async #writeTokens(): Promise<void> {
    await writeFile(join(this.folder, EXPRESSIONS), this.#tokensText());
  }

  /** The whole of it takes its place at once, as an administrator would do it. */
  async #put(path: string, fixture: string | undefined): Promise<void> {
    this.#files.set(path, fixture);
    const target = join(this.folder, path);
    const { folders, stores } = this.fixtures;
    await mkdir(dirname(target), { recursive: true });
    await removeFolder(target);
    if (fixture === undefined) return;
    if (path.includes('.')) {
      await writeFile(`${target}.new`, stores[fixture] ?? fixture, { mode: 0o600 });
      await rename(`${target}.new`, target);
      return;
    }
    await mkdir(`${target}.new`, { recursive: true });
    for (const [name, text] of Object.entries(folders[fixture] ?? {}))
      await writeFile(join(`${target}.new`, name), text, { mode: 0o600 });
    await rename(`${target}.new`, target);
  }
}

/** Connected and logged in by the socket file of the instance. */
export async function administratorOf(server: {
  readonly folder: string;
  readonly password: string;
}): Promise<RawClient> {
  const socket = connect({ path: join(server.folder, 'ldapi') });
  await once(socket, 'connect');
  const client = RawClient.over(socket);
  const { code, text } = await client.request(bindRequest(ADMINISTRATOR, server.password));
  if (code !== 0) throw new Error(`The administrator cannot log in (${code}): ${text}`);
  return client;
}

// Keeps the settings of one mail server current: reads them, watches for changes, and reads them again. When a server is lost the
// next one is tried at once; after each round over all of them there is a growing pause. Its listener acts on the settings.

import { mailServer } from '../config/objects/mail-server.ts';
import { trustManagerProvider } from '../config/objects/trust-manager-provider.ts';
import { messageOf } from '../files/file-error.ts';
import type { Entry } from '../ldap/entry.ts';
import type { Filter } from '../ldap/filter.ts';
import { pauseAfter } from '../mail/pauses.ts';
import { DirectoryConnection, type Search } from './directory-connection.ts';
import { MailServerError } from './mail-server-error.ts';
import { type MailServerInForce, mailServerInForce } from './mail-server-in-force.ts';
import type { DirectoryAddress, OpenOptions } from './open-options.ts';

export interface SettingsListener {
  /** Receives the current settings, changed or not. */
  read(found: MailServerInForce): void;
  /** The settings may be outdated; called for each failed attempt. */
  lost(error: MailServerError): void;
}

export interface SettingsWatchOptions extends Pick<OpenOptions, 'mailServer' | 'reconnect' | 'refreshMs'> {
  /** Servers of one configuration, at least one. */
  readonly addresses: readonly [DirectoryAddress, ...DirectoryAddress[]];
  readonly listener: SettingsListener;
}

const RECONNECT = { firstMs: 500, longestMs: 60_000 };
const REFRESH_MS = 300_000;

export class SettingsWatch {
  readonly #options: SettingsWatchOptions;
  readonly #search: Search;
  #connection: DirectoryConnection | undefined;
  #timer: NodeJS.Timeout | undefined;
  /** Failures in a row. */
  #failures = 0;
  /** Number of the attempt, which says which server is asked. */
  #attempt = 0;
  #isReading = false;
  #mustReadAgain = false;
  #isClosed = false;

  constructor(options: SettingsWatchOptions) {
    this.#options = options;
    this.#search = searchOf(options.mailServer);
  }

  /** Resolves to the current settings, and keeps them current. Rejects with MailServerError and then stops. */
  async open(): Promise<MailServerInForce> {
    const { addresses, mailServer: name } = this.#options;
    for (let tried = 1; ; tried++) {
      try {
        return mailServerInForce(name, await this.#connect());
      } catch (error) {
        const problem = asProblem(error);
        if (isOfServer(problem) && tried < addresses.length) {
          this.#attempt += 1;
          continue;
        }
        this.close();
        throw problem;
      }
    }
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    this.#connection?.close();
    this.#connection = undefined;
  }

  async #connect(): Promise<readonly Entry[]> {
    const connection = await DirectoryConnection.open(this.#address(), (error, lost) => {
      if (lost === this.#connection) this.#fail(error);
    });
    try {
      // Watching starts first, so that a change during the search is not missed.
      connection.watch(this.#search, () => this.#hear(connection));
      const entries = await connection.search(this.#search);
      if (this.#isClosed) throw closedError();
      this.#connection = connection;
      if (this.#mustReadAgain) void this.#read(connection);
      else this.#refreshLater();
      return entries;
    } catch (error) {
      connection.close();
      throw error;
    }
  }

  #address(): DirectoryAddress {
    const { addresses } = this.#options;
    return addresses[this.#attempt % addresses.length] ?? addresses[0];
  }

  /** Reads the settings again: many changes at a time lead to one or two searches. */
  #hear(connection: DirectoryConnection): void {
    if (this.#isReading || connection !== this.#connection) this.#mustReadAgain = true;
    else void this.#read(connection);
  }

  async #read(connection: DirectoryConnection): Promise<void> {
    this.#isReading = true;
    clearTimeout(this.#timer);
    try {
      do {
        this.#mustReadAgain = false;
        const entries = await connection.search(this.#search);
        if (connection !== this.#connection) return;
        this.#tell(entries);
      } while (this.#mustReadAgain);
      this.#refreshLater();
    } catch (error) {
      if (connection === this.#connection) this.#fail(asProblem(error));
    } finally {
      this.#isReading = false;
    }
  }

  /** Reports the settings. A mail server that is gone or unusable is no reason to reconnect: its next change is reported. */
  #tell(entries: readonly Entry[]): void {
    const { listener, mailServer: name } = this.#options;
    try {
      listener.read(mailServerInForce(name, entries));
    } catch (error) {
      if (!(error instanceof MailServerError)) throw error;
      listener.lost(error);
    }
  }

  #refreshLater(): void {
    if (this.#isClosed) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      if (this.#connection !== undefined && !this.#isReading) void this.#read(this.#connection);
    }, this.#options.refreshMs ?? REFRESH_MS);
  }

  #fail(error: MailServerError): void {
    if (this.#isClosed) return;
    this.#connection?.close();
    this.#connection = undefined;
    this.#failures += 1;
    this.#attempt += 1;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#reconnect(), this.#pauseMs());
    this.#options.listener.lost(error);
  }

  /** The next server is asked at once; there is a pause when all were asked in vain. */
  #pauseMs(): number {
    const { addresses, reconnect } = this.#options;
    const rounds = this.#failures / addresses.length;
    return Number.isInteger(rounds) ? pauseAfter(rounds, reconnect ?? RECONNECT) : 0;
  }

  async #reconnect(): Promise<void> {
    try {
      const entries = await this.#connect();
      this.#failures = 0;
      this.#tell(entries);
    } catch (error) {
      this.#fail(asProblem(error));
    }
  }
}

/** Returns the error for use after `close`. */
export function closedError(): MailServerError {
  return new MailServerError('closed', 'This mail server was closed by the application.');
}

/** Returns a search for the mail server and, since they decide what is trusted, all trust managers: they are few. */
function searchOf(name: string): Search {
  const isMailServer = equals('objectClass', mailServer.objectClass.name);
  const isNamed = equals(mailServer.namingAttribute, name);
  const isTrustManager = equals('objectClass', trustManagerProvider.objectClass.name);
  const wanted: Filter = { type: 'and', filters: [isMailServer, isNamed] };
  return {
    base: 'cn=effective',
    filter: { type: 'or', filters: [wanted, isTrustManager] },
    attributes: ['objectClass', ...mailServer.properties.map(({ attribute }) => attribute)],
  };
}

function equals(attribute: string, value: string): Filter {
  return { type: 'equalityMatch', attribute, value };
}

/** Returns true if another server may do better. */
function isOfServer({ code }: MailServerError): boolean {
  return code === 'unreachable' || code === 'untrusted' || code === 'refused';
}

function asProblem(error: unknown): MailServerError {
  if (error instanceof MailServerError) return error;
  const reason = messageOf(error);
  return new MailServerError('unusable', `What confdit answers cannot be used: ${reason}.`, { cause: error });
}

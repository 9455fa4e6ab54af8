// Sixteen writers, and clients that watch by RFC 4533, while the server that is watched is killed: who tells of what, and how long
// a watcher is without a server.

import { stateIn, Watch } from '../../operations/controls/watch.ts';
import { addMailServer, MAIL_SERVERS, mailServerDn } from '../../operations/entries.ts';
import { deleteRequest } from '../ber-bytes.ts';
import { answerTags } from '../ber-element.ts';
import { LdapTools } from '../ldap-tools.ts';
import { RawClient } from '../raw-client.ts';
import type { RunningServer } from '../server-process.ts';

const WRITERS = 16;

/** A client that begins with the first server, and goes on at the next with its cookie when one is lost. */
export class SyncFollower {
  /** Numbers of commits, as their cookies have them, in the order in which they were told of. */
  readonly numbers: number[] = [];
  /** Names of entries and what has become of them. */
  readonly states: string[] = [];
  /** Milliseconds from a lost server to the first word of the next. */
  readonly gaps: number[] = [];
  /** Result codes of searches that a server has ended. */
  readonly codes: number[] = [];
  #watch: Watch | undefined;
  #isClosed = false;

  /** Watches until it is closed. */
  async run(servers: readonly RunningServer[]): Promise<void> {
    let cookie: string | undefined;
    let lostAt: number | undefined;
    for (let attempt = 0; !this.#isClosed; attempt++) {
      const server = servers[attempt % servers.length];
      if (server === undefined) return;
      try {
        this.#watch = await Watch.sync(server, { cookie }, { attributes: ['1.1'] });
        for (;;) {
          const one = await this.#watch.next();
          if (lostAt !== undefined) this.gaps.push(performance.now() - lostAt);
          lostAt = undefined;
          if (one.tag === answerTags.searchDone) {
            this.codes.push(one.code);
            break;
          }
          cookie = this.#take(one) ?? cookie;
        }
      } catch {
        // The server is gone.
        lostAt ??= performance.now();
      }
    }
  }

  close(): void {
    this.#isClosed = true;
    this.#watch?.client.close();
  }

  #take(one: Awaited<ReturnType<Watch['next']>>): string | undefined {
    if (one.tag !== answerTags.entry) return undefined;
    const { name, state, cookie } = stateIn(one);
    // What was there at the beginning has no cookie of its own.
    if (cookie === undefined) return undefined;
    this.numbers.push(Number(cookie.split(',')[1]));
    this.states.push(`${state} ${name}`);
    return cookie;
  }
}

/** Adds and deletes mail servers at all servers until it is stopped; a writer whose server is lost goes on at the next. */
export class Writers {
  #isStopped = false;
  #written = 0;
  readonly #running: Promise<void>[];

  constructor(servers: readonly RunningServer[]) {
    this.#running = Array.from({ length: WRITERS }, (_, index) => this.#write(servers, index));
  }

  /** How many changes were answered. */
  get written(): number {
    return this.#written;
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    await Promise.all(this.#running);
  }

  async #write(servers: readonly RunningServer[], index: number): Promise<void> {
    for (let attempt = index, round = 0; !this.#isStopped; attempt++) {
      const server = servers[attempt % servers.length];
      if (server === undefined) return;
      try {
        const client = await RawClient.bound(server);
        for (; !this.#isStopped; round++) {
          const name = `Writer ${index} ${round}`;
          await client.request(addMailServer(name));
          await client.request(deleteRequest(mailServerDn(name)));
          this.#written += 2;
        }
        client.close();
      } catch {
        // The server is gone; what it was asked last may have been done.
        round += 1;
      }
    }
  }
}

/** Returns the numbers of the changes of mail servers after one, as the changelog of a server has them. */
export async function numbersInChangelog(server: RunningServer, after: number): Promise<number[]> {
  const filter = `(&(changeNumber>=${after + 1})(targetDN=*))`;
  const found = await new LdapTools(server).entries('cn=changelog', '-s', 'one', filter, 'targetDN');
  return found
    .filter((entry) => (entry.first('targetdn') ?? '').endsWith(`,${MAIL_SERVERS}`))
    .map(({ dn }) => Number(/^changeNumber=(\d+)/i.exec(dn.toString())?.[1]));
}

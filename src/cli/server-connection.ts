// A running server as a command sees it: finished entries and changes over ldapjs; refusals are CommandErrors with the
// server's own words and the exit code that belongs to them.

import type { ConnectionOptions } from 'node:tls';
import ldapjs from 'ldapjs';
import { externalBind, mendResults } from '../client/ldapjs-gaps.ts';
import { writeAssertion } from '../codec/entry-controls.ts';
import { writeEndTransaction } from '../codec/extended-value.ts';
import type { Change, Modification } from '../ldap/change.ts';
import { Dn } from '../ldap/dn.ts';
import { Attribute, Entry } from '../ldap/entry.ts';
import { octetsFromText, textFromOctets } from '../ldap/octets.ts';
import { Oid } from '../ldap/oids.ts';
import { AnswerWatch } from './answer-watch.ts';
import { CommandError } from './command.ts';
import { connectFailure, connectionLost, placeOf, sentence, silence } from './connect-failure.ts';
import type { ConnectionChoice, Login } from './connection-options.ts';
import type { Directory, DirectoryStep, SearchRequest } from './directory.ts';
import { ExitCode, exitCodeOfResult } from './exit-code.ts';

const SUCCESS = 0;
const NO_ATTRIBUTES = '1.1';
/** The name of an entry as a value (RFC 5020): ldapjs does not rewrite values. */
const ENTRY_DN = 'entryDN';
const OCTET_STRING = 0x04;
/** What ldapjs calls the error of whoever waits for an answer on a connection that has ended. */
const CONNECTION_ENDED = 'ConnectionError';

/** What ldapjs has and its types leave out. */
declare module 'ldapjs' {
  const Control: new (options: { type: string; criticality: boolean }) => object;
  interface Client {
    search(
      base: WrittenName,
      options: object,
      answer: (error: Error | null, response: SearchCallbackResponse) => void,
    ): void;
    add(name: WrittenName, attributes: object[], controls: object[], answer: Answer): void;
    del(name: WrittenName, controls: object[], answer: Answer): void;
    modify(name: WrittenName, changes: readonly Change[], controls: object[], answer: Answer): void;
    _send(request: object, expected: readonly number[], emitter: null, answer: Answer): void;
  }
}

/** What ldapjs takes for a name of its own. */
interface WrittenName {
  readonly [Symbol.toStringTag]: 'LdapDn';
  toString(): string;
}

type Answer = (error: Error | null, response?: { readonly diagnosticMessage?: string }) => void;

export class ServerConnection implements Directory {
  readonly #client: ldapjs.Client;
  readonly #place: ConnectionChoice;
  readonly #watch: AnswerWatch;

  /** Connects, secures the connection and logs in; rejects with CommandError. */
  static async open(choice: ConnectionChoice, tls: ConnectionOptions): Promise<ServerConnection> {
    mendResults();
    const connection = new ServerConnection(await connect(choice, tls), choice);
    try {
      if (choice.security === 'start-tls') await connection.#startTls({ ...tls, host: choice.host });
      await connection.#logIn(choice.login);
      connection.#watch.patience = choice.requestPatience;
      return connection;
    } catch (error) {
      await connection.close();
      throw error;
    }
  }

  private constructor(client: ldapjs.Client, choice: ConnectionChoice) {
    this.#client = client;
    this.#place = choice;
    this.#watch = new AnswerWatch(choice.connectPatience, (patience) => silence(choice, patience));
  }

  search({ base, scope, filter = '(objectClass=*)', attributes = ['*'] }: SearchRequest): Promise<Entry[]> {
    return this.#watch.answer((resolve, reject) => {
      const asked = [...attributes.filter((name) => name !== NO_ATTRIBUTES), ENTRY_DN];
      const options = { scope, filter, attributes: asked, paged: false };
      this.#client.search(asWritten(Dn.parse(base)), options, (error, response) => {
        if (error !== null) return reject(this.#refusal(error));
        const entries: Entry[] = [];
        response.on('searchEntry', (found) => {
          this.#watch.heard();
          entries.push(entryOf(found));
        });
        response.on('error', (reason) => reject(this.#refusal(reason)));
        response.on('end', () => resolve(entries));
      });
    });
  }

  add(entry: Entry): Promise<string> {
    return this.#change({ type: 'add', entry }, []);
  }

  modify(dn: string, modifications: readonly Modification[]): Promise<string> {
    return this.#change({ type: 'modify', dn: Dn.parse(dn), modifications }, []);
  }

  delete(dn: string): Promise<string> {
    return this.#change({ type: 'delete', dn: Dn.parse(dn) }, []);
  }

  /** One transaction (RFC 5805). */
  async changeAll(steps: readonly DirectoryStep[]): Promise<string> {
    const id = await this.extended(Oid.startTransaction, '');
    const ofTransaction = requestControl(Oid.transaction, id);
    await Promise.all(
      steps.map(({ change, assertion }) => {
        const asserted = assertion && requestControl(Oid.assertion, writeAssertion(assertion));
        return this.#change(change, [ofTransaction, ...(asserted === undefined ? [] : [asserted])]);
      }),
    );
    // An identifier is short and ASCII, and so is this value: ldapjs sends nothing but UTF-8.
    const end = writeEndTransaction({ isCommit: true, id });
    return this.#answered((answer) =>
      this.#client.exop(Oid.endTransaction, end, [], (error, _, response) => answer(error, response)),
    );
  }

  async close(): Promise<void> {
    this.#client.destroy();
  }

  #change(change: Change, controls: readonly object[]): Promise<string> {
    const client = this.#client;
    return this.#answered((answer) => {
      switch (change.type) {
        case 'add':
          return client.add(
            asWritten(change.entry.dn),
            change.entry.attributes.map(formatAttribute),
            [...controls],
            answer,
          );
        case 'delete':
          return client.del(asWritten(change.dn), [...controls], answer);
        case 'modify':
          return client.modify(
            asWritten(change.dn),
            change.modifications.map(formatModification),
            [...controls],
            answer,
          );
        case 'modifyDn':
          throw new CommandError(
            `${change.dn}: objects of the configuration are not renamed.`,
            ExitCode.constraintViolation,
          );
      }
    });
  }

  #logIn(login: Login | undefined): Promise<string> {
    const client = this.#client;
    return this.#answered((answer) => {
      if (login !== undefined) client.bind(login.dn, login.password, [], answer);
      else client._send(externalBind(), [SUCCESS], null, answer);
    });
  }

  #startTls(options: object): Promise<string> {
    return this.#answered((answer) => this.#client.starttls(options, [], answer));
  }

  /** An extended operation; resolves to the value of the answer. */
  extended(oid: string, value: string): Promise<string> {
    return this.#watch.answer((resolve, reject) => {
      this.#client.exop(oid, value, [], (error, answer) =>
        error === null ? resolve(textOfAnswer(answer)) : reject(this.#refusal(error)),
      );
    });
  }

  /** Resolves to the diagnostic message of a success. */
  #answered(start: (answer: Answer) => void): Promise<string> {
    return this.#watch.answer((resolve, reject) => {
      start((error, response) => {
        if (error !== null) reject(this.#refusal(error));
        else resolve(response?.diagnosticMessage ?? '');
      });
    });
  }

  #refusal(error: Error): CommandError {
    if (error.name === CONNECTION_ENDED) return connectionLost(this.#place);
    const code = 'code' in error && typeof error.code === 'number' ? error.code : undefined;
    if (code === undefined) return connectionLost(this.#place, error.message);
    return new CommandError(sentence(error.message), exitCodeOfResult(code), { cause: error });
  }
}

function connect(choice: ConnectionChoice, tlsOptions: object): Promise<ldapjs.Client> {
  const { socket, connectPatience } = choice;
  const place = socket === undefined ? { url: placeOf(choice) } : { url: '', socketPath: socket };
  const client = ldapjs.createClient({ ...place, connectTimeout: connectPatience.ms, tlsOptions });
  return new Promise((resolve, reject) => {
    const fail = (error: Error) => {
      client.destroy();
      // What ends a connection that takes too long to come about is ldapjs itself.
      const isLate = error.name === CONNECTION_ENDED;
      reject(isLate ? silence(choice, connectPatience) : connectFailure(choice, error));
    };
    client.on('connectError', fail);
    client.on('connectTimeout', fail);
    client.on('error', fail);
    client.on('connect', () => resolve(client));
  });
}

/** ldapjs reads a name and writes it anew, and loses a backslash on the way: it gets names that it only has to write. */
function asWritten(dn: Dn): WrittenName {
  return { [Symbol.toStringTag]: 'LdapDn', toString: () => dn.toString() };
}

/** ldapjs would send the value as UTF-8, which the BER in it is not. */
function requestControl(type: string, value: string): object {
  const control = new ldapjs.Control({ type, criticality: true });
  return Object.assign(control, {
    _toBer: (writer: { writeBuffer(octets: Buffer, tag: number): void }) =>
      writer.writeBuffer(octets(value), OCTET_STRING),
  });
}

/** ldapjs gives the value of an answer without a name as `<buffer>` and hexadecimal digits. */
function textOfAnswer(value: string): string {
  const [, digits] = /^<buffer>([0-9a-f]*)$/.exec(value) ?? [];
  return digits === undefined ? value : textFromOctets(Buffer.from(digits, 'hex'));
}

/** ldapjs sends a text as UTF-8; an octet that is no part of UTF-8 stands in ours as a lone surrogate. */
function octets(text: string): Buffer {
  return Buffer.from(octetsFromText(text));
}

function formatAttribute({ description, values }: Attribute): { type: string; values: string[] } {
  return { type: description, values: [...values] };
}

function formatModification({ operation, attribute }: Modification): ldapjs.Change {
  return new ldapjs.Change({ operation, modification: formatAttribute(attribute) });
}

/** By the name in its values: the one in front of them ldapjs has written anew, without some of its backslashes. */
function entryOf({ pojo }: ldapjs.SearchEntry): Entry {
  const attributes = pojo.attributes.map(({ type, values }) => new Attribute(type, values));
  const key = ENTRY_DN.toLowerCase();
  const name = attributes.find((attribute) => attribute.key === key)?.values[0] ?? pojo.objectName;
  return new Entry(
    Dn.parse(name),
    attributes.filter((attribute) => attribute.key !== key),
  );
}

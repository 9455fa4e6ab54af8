// A running server as a command sees it: finished entries and changes over ldapjs; refusals are CommandErrors with the
// server's own words and the exit code that belongs to them.

import type { ConnectionOptions } from 'node:tls';
import ldapjs from 'ldapjs';
import { writeAssertion } from '../codec/entry-controls.ts';
import { writeEndTransaction } from '../codec/extended-value.ts';
import type { Change, Modification } from '../ldap/change.ts';
import { Dn } from '../ldap/dn.ts';
import { Attribute, Entry } from '../ldap/entry.ts';
import { octetsFromText, textFromOctets } from '../ldap/octets.ts';
import { Oid } from '../ldap/oids.ts';
import { CommandError } from './command.ts';
import { connectFailure } from './connect-failure.ts';
import type { ConnectionChoice, Login } from './connection-options.ts';
import type { Directory, DirectoryStep, SearchRequest } from './directory.ts';
import { ExitCode, exitCodeOfResult } from './exit-code.ts';

const SUCCESS = 0;
const LDAP_VERSION = 3;
const OCTET_STRING = 0x04;
const BIND_REQUEST = 0x60;
const SASL_CREDENTIALS = 0xa3;

/** What ldapjs has and its types leave out. */
declare module 'ldapjs' {
  const Control: new (options: { type: string; criticality: boolean }) => object;
  const BindRequest: new (options: { name: string }) => object;
  interface Client {
    _send(request: object, expected: readonly number[], emitter: null, answer: Answer): void;
  }
}

interface BerSequenceWriter {
  startSequence(tag: number): void;
  endSequence(): void;
  writeInt(value: number): void;
  writeString(text: string, tag: number): void;
}

type Answer = (error: Error | null, response?: { readonly diagnosticMessage?: string }) => void;

export class ServerConnection implements Directory {
  readonly #client: ldapjs.Client;

  /** Connects, secures the connection and logs in; rejects with CommandError. */
  static async open(choice: ConnectionChoice, tls: ConnectionOptions): Promise<ServerConnection> {
    lendErrorMessage();
    const connection = new ServerConnection(await connect(choice, tls));
    try {
      if (choice.security === 'start-tls') await connection.#startTls({ ...tls, host: choice.host });
      await connection.#logIn(choice.login);
      return connection;
    } catch (error) {
      await connection.close();
      throw error;
    }
  }

  private constructor(client: ldapjs.Client) {
    this.#client = client;
  }

  search({ base, scope, filter = '(objectClass=*)', attributes = ['*'] }: SearchRequest): Promise<Entry[]> {
    return new Promise((resolve, reject) => {
      const options = { scope, filter, attributes: [...attributes], paged: false };
      this.#client.search(base, options, (error, response) => {
        if (error !== null) return reject(refusalOf(error));
        const entries: Entry[] = [];
        response.on('searchEntry', (found) => entries.push(entryOf(found)));
        response.on('error', (reason) => reject(refusalOf(reason)));
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
            change.entry.dn.toString(),
            change.entry.attributes.map(formatAttribute),
            [...controls],
            answer,
          );
        case 'delete':
          return client.del(change.dn.toString(), [...controls], answer);
        case 'modify':
          return client.modify(
            change.dn.toString(),
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
    return new Promise((resolve, reject) => {
      this.#client.exop(oid, value, [], (error, answer) =>
        error === null ? resolve(textOfAnswer(answer)) : reject(refusalOf(error)),
      );
    });
  }

  /** Resolves to the diagnostic message of a success. */
  #answered(start: (answer: Answer) => void): Promise<string> {
    return new Promise((resolve, reject) => {
      start((error, response) => {
        if (error !== null) reject(refusalOf(error));
        else resolve(response?.diagnosticMessage ?? '');
      });
    });
  }
}

/**
 * ldapjs makes its errors of `errorMessage`, a name that its results have given up for `diagnosticMessage`: without the
 * old name a refusal would come without the server's words.
 */
function lendErrorMessage(): void {
  const { prototype } = ldapjs.LDAPResult;
  if ('errorMessage' in prototype) return;
  Object.defineProperty(prototype, 'errorMessage', {
    get(this: { readonly diagnosticMessage: string }) {
      return this.diagnosticMessage;
    },
  });
}

function connect(choice: ConnectionChoice, tlsOptions: object): Promise<ldapjs.Client> {
  const { socket, host, port, security, connectTimeoutMs } = choice;
  const name = host.includes(':') ? `[${host}]` : host;
  const url = socket ?? `${security === 'ssl' ? 'ldaps' : 'ldap'}://${name}:${port}`;
  const place = socket === undefined ? { url } : { url: '', socketPath: socket };
  const client = ldapjs.createClient({ ...place, connectTimeout: connectTimeoutMs, tlsOptions });
  return new Promise((resolve, reject) => {
    const fail = (error: Error) => {
      client.destroy();
      reject(connectFailure(url, error));
    };
    client.on('connectError', fail);
    client.on('connectTimeout', () => fail(new Error('it does not answer')));
    client.on('error', fail);
    client.on('connect', () => resolve(client));
  });
}

/** ldapjs would send the value as UTF-8, which the BER in it is not. */
function requestControl(type: string, value: string): object {
  const control = new ldapjs.Control({ type, criticality: true });
  return Object.assign(control, {
    _toBer: (writer: { writeBuffer(octets: Buffer, tag: number): void }) =>
      writer.writeBuffer(octets(value), OCTET_STRING),
  });
}

/** ldapjs has simple binds only. This one says EXTERNAL and leaves it to the server who it is (RFC 4511 §4.2). */
function externalBind(): object {
  return Object.assign(new ldapjs.BindRequest({ name: '' }), {
    _toBer(writer: BerSequenceWriter) {
      writer.startSequence(BIND_REQUEST);
      writer.writeInt(LDAP_VERSION);
      writer.writeString('', OCTET_STRING);
      writer.startSequence(SASL_CREDENTIALS);
      writer.writeString('EXTERNAL', OCTET_STRING);
      writer.endSequence();
      writer.endSequence();
      return writer;
    },
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

function entryOf({ pojo }: ldapjs.SearchEntry): Entry {
  const attributes = pojo.attributes.map(({ type, values }) => new Attribute(type, values));
  return new Entry(Dn.parse(pojo.objectName), attributes);
}

function refusalOf(error: Error): CommandError {
  const code = 'code' in error && typeof error.code === 'number' ? error.code : undefined;
  if (code === undefined) {
    const message = `The connection to the server is lost: ${error.message}.`;
    return new CommandError(message, ExitCode.serverDown, { cause: error });
  }
  const text = error.message.replace(/\.?$/, '.');
  return new CommandError(text, exitCodeOfResult(code), { cause: error });
}

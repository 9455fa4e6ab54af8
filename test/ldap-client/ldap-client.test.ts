// The guarded client and servers that are broken or mean harm: each thing that such a server says ends in an error that can be
// caught, within the limits, and says what is wrong.

import { afterEach, describe, expect, it } from 'vitest';
import { Dn } from '../../src/ldap/dn.ts';
import { Entry } from '../../src/ldap/entry.ts';
import type { RequestMessage, Response } from '../../src/ldap/message.ts';
import { Oid } from '../../src/ldap/oids.ts';
import type { AnswerLimits } from '../../src/ldap-client/answer-limits.ts';
import { LdapClient, type LdapClientOptions } from '../../src/ldap-client/ldap-client.ts';
import { enumerated, message, octets, sequence, tlv } from '../support/ber-bytes.ts';
import { Authority } from '../support/certificates.ts';
import {
  answerOctets,
  type Script,
  type ScriptedOptions,
  ScriptedServer,
} from '../support/scripted-server.ts';

/** The client waits as long as it takes. */
const NO_LIMIT = 0;
const SEARCH = {
  type: 'searchRequest',
  base: '',
  scope: 0,
  derefAliases: 0,
  sizeLimit: 0,
  timeLimit: 0,
  typesOnly: false,
  filter: { type: 'present', attribute: 'objectClass' },
  attributes: [],
} as const;
const DONE = { code: 0, matchedDn: '', diagnosticMessage: '', referrals: undefined } as const;
const ENTRY = Entry.of(Dn.parse('cn=a'), { cn: ['a', 'b'] });

function octetsOf(id: number, operation: Response): Buffer {
  return answerOctets({ id, operation, controls: [] });
}

function entryNamed(id: number, name: string): Buffer {
  return message(id, tlv(0x64, octets(name), sequence()));
}

function searchDone(id: number): Buffer {
  return octetsOf(id, { type: 'searchResultDone', ...DONE });
}

/** Writes for ever, as fast as it is read. */
function flood(socket: Parameters<Script>[1], piece: Buffer): void {
  const many = Buffer.concat(Array.from({ length: 200 }, () => piece));
  const go = (): void => {
    while (!socket.destroyed && socket.write(many));
    socket.once('drain', go);
  };
  go();
}

describe('the guarded client', () => {
  const servers: ScriptedServer[] = [];
  const clients: LdapClient[] = [];

  afterEach(async () => {
    for (const client of clients.splice(0)) client.close();
    await Promise.all(servers.splice(0).map((server) => server.close()));
  });

  async function serve(script: Script, options: Partial<ScriptedOptions> = {}): Promise<ScriptedServer> {
    const server = await ScriptedServer.start({ script, ...options });
    servers.push(server);
    return server;
  }

  async function open(server: ScriptedServer, options: Partial<LdapClientOptions> = {}): Promise<LdapClient> {
    const place = { host: '127.0.0.1', port: server.port };
    const client = await LdapClient.open({ place, security: 'none', timeoutMs: NO_LIMIT, ...options });
    clients.push(client);
    return client;
  }

  async function asking(script: Script, limits: Partial<AnswerLimits> = {}): Promise<LdapClient> {
    return open(await serve(script), { limits });
  }

  it('gives entries and results, in whatever pieces they come', async () => {
    const client = await asking(({ id }, socket) => {
      const bytes = Buffer.concat([
        octetsOf(id, { type: 'searchResultEntry', entry: ENTRY }),
        searchDone(id),
      ]);
      for (const octet of bytes) socket.write(Buffer.from([octet]));
    });
    for (let count = 0; count < 3; count++) {
      const { entries, result } = await client.ask(SEARCH);
      expect(entries.map(({ dn, attributes }) => [dn.toString(), attributes[0]?.values])).toEqual([
        ['cn=a', ['a', 'b']],
      ]);
      expect(result.code).toBe(0);
    }
  });

  it('reads names and values as they are: a backslash, octets that are no text', async () => {
    const name = 'cn=a\\\\b\\,c\\00';
    const client = await asking(({ id }, socket) => {
      const values = tlv(0x31, octets(Buffer.from([0xff, 0x00])));
      const attribute = sequence(octets('jpegPhoto'), values);
      socket.write(message(id, tlv(0x64, octets(name), sequence(attribute))));
      socket.write(searchDone(id));
    });
    const { entries } = await client.ask(SEARCH);
    expect(entries[0]?.dn.toString()).toBe(Dn.parse(name).toString());
    expect(entries[0]?.values('jpegphoto')).toEqual(['\udcff\0']);
  });

  it.each([
    ['a length of four GiB', () => Buffer.from('3084ffffffff', 'hex'), 'longer than'],
    ['an indefinite length', () => Buffer.from('3080', 'hex'), 'Indefinite'],
    ['what is no message', () => Buffer.from('HTTP/1.1 400 Bad Request\r\n'), 'SEQUENCE'],
    ['an answer without a result', (id: number) => message(id, tlv(0x65)), 'Expected'],
    ['an entry that has no name', (id: number) => entryNamed(id, '=,=,='), 'name'],
    ['an entry whose name ends early', (id: number) => entryNamed(id, 'cn=a\\'), 'name'],
    [
      'the answer to another kind of request',
      (id: number) => octetsOf(id, { type: 'addResponse', ...DONE }),
      'addResponse',
    ],
    ['a request', (id: number) => message(id, tlv(0x4a, Buffer.from('cn=a'))), 'No response'],
    [
      'a result code of nine octets',
      (id: number) => message(id, tlv(0x65, tlv(0x0a, Buffer.alloc(9)))),
      'ENUMERATED|INTEGER',
    ],
  ])('ends the connection at %s', async (_, answer, words) => {
    const client = await asking(({ id }, socket) => void socket.write(answer(id)));
    const asked = client.ask(SEARCH);
    const other = client.ask(SEARCH);
    await expect(asked).rejects.toMatchObject({
      problem: 'wrong-answer',
      message: expect.stringMatching(words),
    });
    await expect(other).rejects.toMatchObject({ problem: 'wrong-answer' });
    // And so it stays.
    await expect(client.ask(SEARCH)).rejects.toMatchObject({ problem: 'wrong-answer' });
  });

  it.each([0, 1, 9, 76, 122, 4096, 0x410e, 31_999])(
    'takes the result code %i, known or not',
    async (code) => {
      const client = await asking(({ id }, socket) => {
        socket.write(message(id, tlv(0x65, enumerated(code), octets(''), octets('words'))));
      });
      expect((await client.ask(SEARCH)).result).toMatchObject({ code, diagnosticMessage: 'words' });
    },
  );

  it('says what a notice of disconnection says, and passes over one of an aborted transaction', async () => {
    const notice = (oid: string) =>
      octetsOf(0, {
        type: 'extendedResponse',
        ...DONE,
        code: 52,
        diagnosticMessage: 'Bye.',
        oid,
        value: 'x',
      });
    const client = await asking(({ id }, socket) => {
      socket.write(Buffer.concat([notice(Oid.abortedTransactionNotice), searchDone(id)]));
      socket.write(notice(Oid.noticeOfDisconnection));
    });
    expect((await client.ask(SEARCH)).result.code).toBe(0);
    await expect(client.ask(SEARCH)).rejects.toMatchObject({ problem: 'lost', message: 'Bye.' });
  });

  it.each([
    ['entries', (id: number) => octetsOf(id, { type: 'searchResultEntry', entry: ENTRY })],
    ['entries that are nearly nothing', (id: number) => entryNamed(id, '')],
    ['references', (id: number) => octetsOf(id, { type: 'searchResultReference', uris: ['ldap://a'] })],
    [
      'intermediate responses',
      (id: number) => octetsOf(id, { type: 'intermediateResponse', oid: '1.1', value: 'x' }),
    ],
    ['answers to nobody', (id: number) => searchDone(id + 1000)],
    [
      'notices of nothing',
      () => octetsOf(0, { type: 'intermediateResponse', oid: undefined, value: undefined }),
    ],
  ])('does not take %s without end', async (_, piece) => {
    const client = await asking(({ id }, socket) => flood(socket, piece(id)), {
      answerOctetsMax: 4 * 1024 * 1024,
    });
    await expect(client.ask(SEARCH)).rejects.toMatchObject({ problem: 'too-much' });
  });

  it('takes any number of entries where each is told at once', async () => {
    let heard = 0;
    const many = Promise.withResolvers<void>();
    const client = await asking(
      ({ id }, socket) => flood(socket, octetsOf(id, { type: 'searchResultEntry', entry: ENTRY })),
      { answerOctetsMax: 1024 },
    );
    client.send(SEARCH, [], {
      found: () => {
        heard += 1;
        if (heard === 10_000) many.resolve();
      },
      answered: () => many.reject(new Error('answered')),
      failed: many.reject,
    });
    await many.promise;
    expect(client.waitingCount).toBe(0);
  });

  it('refuses a long message at its length', async () => {
    const client = await asking((_, socket) => void socket.write(Buffer.from('308400100001', 'hex')), {
      messageOctetsMax: 1024 * 1024,
    });
    await expect(client.ask(SEARCH)).rejects.toMatchObject({ message: expect.stringContaining('1048576') });
  });

  it('tells once that an open connection was lost, and not after it was closed', async () => {
    const losses: string[] = [];
    const server = await serve((_, socket) => void socket.end());
    const lost = ({ problem }: { readonly problem: string }) => losses.push(problem);
    const client = await open(server, { lost });
    await expect(client.ask(SEARCH)).rejects.toMatchObject({ problem: 'lost' });
    const other = await open(server, { lost });
    other.close();
    await expect(other.ask(SEARCH)).rejects.toMatchObject({ problem: 'closed' });
    expect(losses).toEqual(['lost']);
  });

  describe('with TLS', () => {
    const startTls = (
      answer: (request: RequestMessage) => Buffer,
      isSecured: boolean,
    ): [Script, (server: ScriptedServer) => void] => {
      let own: ScriptedServer | undefined;
      const script: Script = (request, socket) => {
        if (request.operation.type === 'searchRequest') return void socket.write(searchDone(request.id));
        socket.write(answer(request));
        if (isSecured) own?.startTls(socket);
      };
      return [script, (server) => (own = server)];
    };
    const success = ({ id }: RequestMessage) =>
      octetsOf(id, { type: 'extendedResponse', ...DONE, oid: undefined, value: undefined });

    async function secured(
      answer: (request: RequestMessage) => Buffer,
      isSecured = true,
    ): Promise<LdapClient> {
      const authority = await Authority.create();
      const identity = await authority.issue();
      const [script, took] = startTls(answer, isSecured);
      const server = await serve(script, { identity });
      took(server);
      return open(server, {
        place: { host: 'localhost', port: server.port },
        security: 'start-tls',
        tls: { ca: [await authority.certificate] },
      });
    }

    it('asks within it', async () => {
      const client = await secured(success);
      expect(client.secured?.encrypted).toBe(true);
      expect((await client.ask(SEARCH)).result.code).toBe(0);
    });

    it('does not take clear text behind the answer to StartTLS for what was said within', async () => {
      const whole = secured((request) => Buffer.concat([success(request), searchDone(2)]));
      await expect(whole).rejects.toMatchObject({
        problem: 'wrong-answer',
        message: expect.stringContaining('clear'),
      });
      const half = secured((request) => Buffer.concat([success(request), searchDone(2).subarray(0, 5)]));
      await expect(half).rejects.toMatchObject({ problem: 'wrong-answer' });
    });

    it.each([
      [
        'refuses it',
        ({ id }: RequestMessage) =>
          octetsOf(id, {
            type: 'extendedResponse',
            ...DONE,
            code: 52,
            diagnosticMessage: 'No key.',
            oid: undefined,
            value: undefined,
          }),
        { problem: 'no-tls', message: 'No key.' },
      ],
      ['answers with a huge length', () => Buffer.from('3084ffffffff', 'hex'), { problem: 'wrong-answer' }],
      [
        'ends it there',
        (request: RequestMessage) => success(request),
        { problem: 'unreachable', message: expect.stringMatching('before .*TLS') },
      ],
    ])('ends in an error when the server %s', async (_, answer, expected) => {
      const [script, took] = startTls(answer, false);
      const server = await serve(script);
      took(server);
      const opening = open(server, { security: 'start-tls' });
      await expect(opening).rejects.toMatchObject(expected);
    });
  });
});

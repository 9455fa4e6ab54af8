import { beforeAll, describe, expect, it } from 'vitest';
import { writeEndTransaction } from '../../../src/codec/extended-value.ts';
import { octetsFromText, textFromOctets } from '../../../src/ldap/octets.ts';
import { Oid } from '../../../src/ldap/oids.ts';
import {
  bindRequest,
  control,
  deleteRequest,
  extendedRequest,
  message,
  searchRequest,
} from '../../support/ber-bytes.ts';
import {
  readReadEntryResult,
  readTransactionResult,
  writeCancel,
  writeReadEntry,
} from '../../support/control-values.ts';
import { type Answer, RawClient } from '../../support/raw-client.ts';
import { ADMINISTRATOR, type RunningServer, startServer } from '../../support/start-server.ts';
import { addEntry, addMailServer, mailServerDn, makeAll } from '../entries.ts';
import { controlWith, replace } from './control-client.ts';

const PROVIDER = 'cn=JVM Trust Manager,cn=Trust Manager Providers,cn=config';

let server: RunningServer;
let client: RawClient;

beforeAll(async () => {
  server = await startServer();
  client = await RawClient.bound(server);
});

async function begin(who = client): Promise<string> {
  const { code, value } = await who.request(extendedRequest(Oid.startTransaction));
  expect(code).toBe(0);
  return value ?? '';
}

function inTransaction(id: string): Buffer {
  return control(Oid.transaction, true, id);
}

function end(id: string, isCommit = true, who = client): Promise<Answer> {
  const value = octetsFromText(writeEndTransaction({ isCommit, id }));
  return who.request(extendedRequest(Oid.endTransaction, value));
}

async function exists(name: string): Promise<boolean> {
  return (await client.request(searchRequest(mailServerDn(name)))).code === 0;
}

function resultOf({ octets }: Answer): ReturnType<typeof readTransactionResult> {
  return readTransactionResult(octets === undefined ? undefined : textFromOctets(octets));
}

describe('transactions (RFC 5805)', () => {
  it('set no more passwords than the hashes of which others can wait for', async () => {
    const id = await begin();
    const values = Array.from({ length: 8 }, (_, index) => `password ${index}`);
    for (let count = 0; count < 33; count++) {
      const asked = await client.request(replace(ADMINISTRATOR, 'userPassword', ...values), [
        inTransaction(id),
      ]);
      expect(asked.code).toBe(0);
    }
    expect(await end(id)).toMatchObject({ code: 11, text: expect.stringContaining('256 passwords') });
  });

  it('changes are made together at the end', async () => {
    const id = await begin();
    expect((await client.request(addMailServer('T1'), [inTransaction(id)])).code).toBe(0);
    const modify = replace(mailServerDn('T1'), 'ds-cfg-enabled', 'false');
    expect((await client.request(modify, [inTransaction(id)])).code).toBe(0);
    expect((await client.request(addMailServer('T2'), [inTransaction(id)])).code).toBe(0);
    expect(await exists('T1')).toBe(false);
    expect((await end(id)).code).toBe(0);
    expect([await exists('T1'), await exists('T2')]).toEqual([true, true]);
    expect((await end(id)).code).toBe(53);
  });

  it('an abort makes none of them', async () => {
    const id = await begin();
    await client.request(addMailServer('T3'), [inTransaction(id)]);
    expect((await end(id, false)).code).toBe(0);
    expect(await exists('T3')).toBe(false);
  });

  it('one that is at fault is named, and none is made', async () => {
    const id = await begin();
    await client.request(addMailServer('T4'), [inTransaction(id)]);
    const messageId = client.nextId();
    client.send(message(messageId, addMailServer('T1'), [inTransaction(id)]));
    expect((await client.answer(messageId)).code).toBe(0);
    const answer = await end(id);
    expect([answer.code, resultOf(answer).failedMessageId]).toEqual([68, messageId]);
    expect(await exists('T4')).toBe(false);
  });

  it('all that is wrong is in one answer: steps, values, and files of providers, without what follows from it', async () => {
    const trust = (name: string, values: Readonly<Record<string, string>>) =>
      addEntry(`cn=${name},cn=Trust Manager Providers,cn=config`, {
        objectClass: ['top', 'ds-cfg-trust-manager-provider', 'ds-cfg-pem-trust-manager-provider'],
        ...values,
      });
    const id = await begin();
    const first = client.nextId();
    const steps = [
      addMailServer('W1', { 'ds-cfg-colour': 'red' }),
      addMailServer('W2', { 'ds-cfg-smtp-server': 'mail.example.com:70000' }),
      replace(mailServerDn('W1'), 'ds-cfg-enabled', 'false'),
      addMailServer('T1'),
      addMailServer('W3', { 'ds-cfg-trust-manager-provider': 'cn=W4,cn=Trust Manager Providers,cn=config' }),
      trust('W4', { 'ds-cfg-enabled': 'perhaps', 'ds-cfg-pem-directory': 'config' }),
      trust('W5', { 'ds-cfg-enabled': 'true', 'ds-cfg-pem-directory': 'config/none' }),
      deleteRequest(mailServerDn('W9')),
    ];
    client.send(message(first, steps[0] ?? Buffer.of(), [inTransaction(id)]));
    expect((await client.answer(first)).code).toBe(0);
    for (const step of steps.slice(1)) expect((await client.request(step, [inTransaction(id)])).code).toBe(0);
    const answer = await end(id);
    expect([answer.code, resultOf(answer).failedMessageId]).toEqual([17, first]);
    const lines = answer.text.split('\n').map((line) => /^cn=(\w+),.*?: (\S+ "[^"]*")?/.exec(line));
    expect(lines.map((line) => [line?.[1], line?.[2]])).toEqual([
      ['W1', undefined],
      ['T1', undefined],
      ['W4', 'ds-cfg-enabled "perhaps"'],
      ['W9', undefined],
      ['W2', 'smtp-server "mail.example.com:70000"'],
      ['W5', 'pem-directory "config/none"'],
    ]);
    expect(await exists('W3')).toBe(false);
  });

  it('two changes that are valid only together pass', async () => {
    await makeAll(client, [
      addMailServer('T5', {
        'ds-cfg-use-ssl': 'true',
        'ds-cfg-smtp-server': 'm.example.com:465',
        'ds-cfg-trust-manager-provider': PROVIDER,
      }),
    ]);
    const disableProvider = replace(PROVIDER, 'ds-cfg-enabled', 'false');
    const disableServer = replace(mailServerDn('T5'), 'ds-cfg-enabled', 'false');
    expect((await client.request(disableProvider)).code).toBe(53);
    const id = await begin();
    await client.request(disableProvider, [inTransaction(id)]);
    await client.request(disableServer, [inTransaction(id)]);
    expect((await end(id)).code).toBe(0);
    const { entries } = await client.request(searchRequest(PROVIDER));
    expect(entries[0]?.attributes['ds-cfg-enabled']).toEqual(['false']);
  });

  it('what is wrong as a whole is refused as a whole', async () => {
    const enableServer = replace(mailServerDn('T5'), 'ds-cfg-enabled', 'true');
    const id = await begin();
    await client.request(addMailServer('T6'), [inTransaction(id)]);
    await client.request(enableServer, [inTransaction(id)]);
    const answer = await end(id);
    expect([answer.code, answer.text]).toEqual([53, expect.stringContaining('JVM Trust Manager')]);
    expect(await exists('T6')).toBe(false);
  });

  it('an end with the no-op control tries them together, and makes none of them', async () => {
    const tryThem = (id: string) => {
      const value = octetsFromText(writeEndTransaction({ isCommit: true, id }));
      return client.request(extendedRequest(Oid.endTransaction, value), [control(Oid.noOp, true)]);
    };
    const good = await begin();
    await client.request(addMailServer('T20'), [inTransaction(good)]);
    await client.request(replace(mailServerDn('T20'), 'ds-cfg-enabled', 'true'), [inTransaction(good)]);
    expect(await tryThem(good)).toMatchObject({
      code: 0x410e,
      text: expect.stringContaining('Nothing was changed'),
    });
    expect(await exists('T20')).toBe(false);
    expect((await end(good)).code).toBe(53);
    const wrong = await begin();
    await client.request(addMailServer('T20'), [inTransaction(wrong)]);
    const messageId = client.nextId();
    client.send(message(messageId, addMailServer('T1'), [inTransaction(wrong)]));
    await client.answer(messageId);
    const refused = await tryThem(wrong);
    expect([refused.code, resultOf(refused).failedMessageId]).toEqual([68, messageId]);
    expect((await client.request(addMailServer('T20'))).code).toBe(0);
  });

  it('returns what its changes asked to read', async () => {
    const id = await begin();
    const read = controlWith(Oid.postRead, writeReadEntry(['cn']));
    const messageId = client.nextId();
    client.send(message(messageId, addMailServer('T7'), [inTransaction(id), read]));
    expect((await client.answer(messageId)).controls.size).toBe(0);
    const [update] = resultOf(await end(id)).controls;
    expect(update?.messageId).toBe(messageId);
    expect(readReadEntryResult(update?.controls[0]?.value).values('cn')).toEqual(['T7']);
  });

  it('survives a restart as a whole', async () => {
    const id = await begin();
    for (const name of ['T8', 'T9']) await client.request(addMailServer(name), [inTransaction(id)]);
    await client.request(deleteRequest(mailServerDn('T7')), [inTransaction(id)]);
    expect((await end(id)).code).toBe(0);
    const read = async () =>
      (await client.request(searchRequest(mailServerDn('T9'), { attributes: ['+'] }))).entries;
    const before = await read();
    await server.kill();
    server = await startServer({ folder: server.folder });
    client = await RawClient.bound(server);
    expect([await exists('T8'), await exists('T7')]).toEqual([true, false]);
    expect(await read()).toEqual(before);
  });

  it('is aborted with a notice when the connection is bound again', async () => {
    const other = await RawClient.bound(server);
    const id = await begin(other);
    await other.request(addMailServer('T10'), [inTransaction(id)]);
    expect((await other.request(bindRequest(ADMINISTRATOR, server.password))).code).toBe(0);
    expect(await other.next()).toMatchObject({ id: 0, oid: Oid.abortedTransactionNotice, value: id });
    expect((await end(id, true, other)).code).toBe(53);
    expect(await exists('T10')).toBe(false);
    other.close();
  });

  it('has limits: a few at a time, ten thousand changes each', async () => {
    const other = await RawClient.bound(server);
    const ids = [await begin(other), await begin(other), await begin(other), await begin(other)];
    expect((await other.request(extendedRequest(Oid.startTransaction))).code).toBe(11);
    const [id = ''] = ids;
    const change = replace(mailServerDn('T8'), 'ds-cfg-enabled', 'false');
    const many = Array.from({ length: 10_001 }, () => other.request(change, [inTransaction(id)]));
    const codes = (await Promise.all(many)).map(({ code }) => code);
    expect([codes.filter((code) => code === 0).length, codes.at(-1)]).toEqual([10_000, 11]);
    expect(await other.next()).toMatchObject({ id: 0, oid: Oid.abortedTransactionNotice, value: id });
    other.close();
  });

  it('belongs to its connection, and is for changes that are critical about it', async () => {
    const id = await begin();
    const other = await RawClient.bound(server);
    expect((await other.request(addMailServer('T11'), [inTransaction(id)])).code).toBe(53);
    expect((await client.request(addMailServer('T11'), [control(Oid.transaction, false, id)])).code).toBe(2);
    const trial = [inTransaction(id), control(Oid.noOp, true)];
    expect((await client.request(addMailServer('T11'), trial)).code).toBe(53);
    expect((await end(id, false)).code).toBe(0);
    other.close();
  });
});

describe('cancel (RFC 3909)', () => {
  it('finds nothing to cancel, and says so', async () => {
    const cancel = (value?: string) =>
      client.request(extendedRequest(Oid.cancel, value === undefined ? undefined : octetsFromText(value)));
    expect((await cancel(writeCancel(4711))).code).toBe(119);
    expect((await cancel()).code).toBe(2);
  });

  it('comes too late for a change that is on its way to the disk', async () => {
    const id = client.nextId();
    const cancelId = client.nextId();
    client.send(
      message(id, addMailServer('C1')),
      message(cancelId, extendedRequest(Oid.cancel, octetsFromText(writeCancel(id)))),
    );
    expect((await client.answer(cancelId)).code).toBe(120);
    expect((await client.answer(id)).code).toBe(0);
    expect(await exists('C1')).toBe(true);
  });
});

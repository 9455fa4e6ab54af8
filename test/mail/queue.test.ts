// The spool and the queue: a message waits on disk, goes to the first mail server that takes it, and is given up visibly.

import { mkdir, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import type { MailServer } from '../../src/mail/mail-server.ts';
import { removeFolder } from '../support/folders.ts';
import {
  endScriptedMailServers,
  mailServerAnswers,
  ScriptedMailServer,
} from '../support/mail/scripted-mail-server.ts';
import { endReceivers, type ReceiverOptions, SmtpReceiver } from '../support/mail/smtp-receiver.ts';
import { until } from '../support/until.ts';
import { endQueues, logLines, MESSAGE, mailServer, openQueue } from './mail-room.ts';

const CANARY = 'canary-Ohsh5tei';

afterEach(endQueues);
afterEach(endReceivers);
afterEach(endScriptedMailServers);

/** Answers MAIL with this code. */
function answering(responseCode: number): ReceiverOptions {
  return {
    onMailFrom: (_address, _session, done) => done(Object.assign(new Error('no'), { responseCode })),
  };
}

/** A port that nobody listens on. */
const CLOSED_PORT = 1;

test('a message is on disk before it is sent, for nobody else to read, and gone when it was accepted', async () => {
  const receiver = await SmtpReceiver.start();
  // While a message is tried its file has another name: nobody tries it yet.
  let servers: readonly MailServer[] = [];
  const { queue, spool, folder } = await openQueue({ servers: () => servers });
  const { id, messageId } = await queue.send(MESSAGE);
  const [name = ''] = (await readdir(folder)).filter((one) => one.startsWith(id));
  expect((await stat(join(folder, name))).mode & 0o777).toBe(0o600);
  expect((await stat(folder)).mode & 0o777).toBe(0o700);
  expect(spool.messageCount).toBe(1);
  servers = [mailServer({ port: receiver.port })];
  queue.wake();
  const [message] = await receiver.received(1);
  expect(message).toMatchObject({ from: 'confdit@example.com', to: ['one@example.com'] });
  expect(message?.text).toContain(`Message-ID: ${messageId}`);
  expect(message?.text).toContain('Subject: A subject');
  await until(() => spool.messageCount === 0);
  expect(await readdir(folder)).toEqual(['given-up']);
  expect(spool.octetCount).toBe(0);
});

describe('the next mail server is tried', () => {
  const cases: Readonly<Record<string, () => Promise<ReturnType<typeof mailServer>>>> = {
    'when nobody listens': async () => mailServer({ port: CLOSED_PORT }),
    'when TLS fails': async () => {
      const receiver = await SmtpReceiver.start();
      return mailServer({ port: receiver.port, useStartTls: true, authority: 'none' });
    },
    'when the login fails': async () => {
      const receiver = await SmtpReceiver.start({ users: { alice: 'right' }, allowInsecureAuth: true });
      return mailServer({ port: receiver.port, password: CANARY });
    },
    'after 421': async () => mailServer({ port: (await SmtpReceiver.start(answering(421))).port }),
    'after 451': async () => mailServer({ port: (await SmtpReceiver.start(answering(451))).port }),
  };

  test.each(Object.keys(cases))('%s', async (name) => {
    const first = await cases[name]?.();
    const receiver = await SmtpReceiver.start();
    const second = mailServer({ port: receiver.port });
    const { queue, spool } = await openQueue({ servers: () => (first === undefined ? [] : [first, second]) });
    await queue.send(MESSAGE);
    await receiver.received(1);
    await until(() => spool.messageCount === 0);
    expect(receiver.messages).toHaveLength(1);
    expect(first?.figures.lastFailure?.failure.problem).toMatch(/\w/);
    expect([first?.figures.sent, second.figures.sent]).toEqual([0, 1]);
  });

  test('never after 550: it is given up, put aside and told', async () => {
    const first = mailServer({ port: (await SmtpReceiver.start(answering(550))).port });
    const receiver = await SmtpReceiver.start();
    const second = mailServer({ port: receiver.port });
    const { queue, spool, folder, givenUp } = await openQueue({ servers: () => [first, second] });
    const { id } = await queue.send(MESSAGE);
    await until(() => givenUp.length === 1 && spool.messageCount === 0);
    expect(givenUp[0]).toContain('550');
    expect(receiver.messages).toEqual([]);
    expect(spool.messageCount).toBe(0);
    await expect.poll(() => readdir(join(folder, 'given-up'))).toEqual([`${id}.mail`]);
    expect(queue.counts).toMatchObject({ spooled: 1, sent: 0, givenUp: 1 });
  });

  test('never for an address that was accepted', async () => {
    const onRcptTo: ReceiverOptions['onRcptTo'] = ({ address }, _session, done) =>
      address.startsWith('later') ? done(Object.assign(new Error('later'), { responseCode: 450 })) : done();
    const first = await SmtpReceiver.start({ onRcptTo });
    const second = await SmtpReceiver.start();
    const servers = [mailServer({ port: first.port }), mailServer({ port: second.port })];
    const { queue, spool } = await openQueue({ servers: () => servers });
    await queue.send({ ...MESSAGE, to: ['now@example.com', 'later@example.com'] });
    await until(() => spool.messageCount === 0);
    expect(first.messages.map(({ to }) => to)).toEqual([['now@example.com']]);
    expect(second.messages.map(({ to }) => to)).toEqual([['later@example.com']]);
  });
});

test('a message that is deferred everywhere is tried again, and an accepted address is not', async () => {
  let isLater = true;
  const onRcptTo: ReceiverOptions['onRcptTo'] = ({ address }, _session, done) =>
    isLater && address.startsWith('later')
      ? done(Object.assign(new Error('later'), { responseCode: 450 }))
      : done();
  const receiver = await SmtpReceiver.start({ onRcptTo });
  const server = mailServer({ port: receiver.port });
  const { queue, spool, folder } = await openQueue({ servers: () => [server] });
  const { id } = await queue.send({ ...MESSAGE, to: ['now@example.com', 'later@example.com'] });
  await until(() => server.figures.deferred >= 2);
  isLater = false;
  await until(() => spool.messageCount === 0);
  expect(receiver.messages.map(({ to }) => to)).toEqual([['now@example.com'], ['later@example.com']]);
  expect((await readdir(folder)).filter((name) => name.startsWith(id))).toEqual([]);
});

test('a message that fails at a mail server which was replaced meanwhile is tried at the new one at once', async () => {
  const held: ((error?: Error) => void)[] = [];
  const old = await SmtpReceiver.start({ onMailFrom: (_address, _session, done) => held.push(done) });
  const receiver = await SmtpReceiver.start();
  let servers = [mailServer({ port: old.port })];
  const pauses = { firstMs: 3_600_000, longestMs: 7_200_000 };
  const { queue } = await openQueue({ servers: () => servers, pauses });
  await queue.send(MESSAGE);
  await until(() => held.length === 1);
  servers = [mailServer({ port: receiver.port })];
  queue.wake();
  held[0]?.(Object.assign(new Error('no'), { responseCode: 421 }));
  expect(await receiver.received(1)).toHaveLength(1);
});

test('a message is put aside also when somebody has removed the folder for it', async () => {
  const receiver = await SmtpReceiver.start(answering(550));
  const server = mailServer({ port: receiver.port });
  let servers = [mailServer({ port: CLOSED_PORT })];
  const { queue, folder, givenUp, spool } = await openQueue({ servers: () => servers });
  await removeFolder(join(folder, 'given-up'));
  await queue.send(MESSAGE);
  servers = [server];
  queue.wake();
  await until(() => spool.messageCount === 0);
  expect(givenUp).toHaveLength(1);
  await expect.poll(() => readdir(join(folder, 'given-up'))).toHaveLength(1);
});

test('a message that finds no mail server is given up when it is too old', async () => {
  const server = mailServer({ port: CLOSED_PORT });
  const { queue, givenUp, folder, spool } = await openQueue({ servers: () => [server], lifetimeMs: 1 });
  await queue.send(MESSAGE);
  await until(() => givenUp.length === 1 && spool.messageCount === 0);
  expect(givenUp[0]).toContain('nothing listens');
  await expect.poll(() => readdir(join(folder, 'given-up'))).toHaveLength(1);
});

describe('limits', () => {
  test('a full spool takes no more, and says which limit it is', async () => {
    const server = mailServer({ port: CLOSED_PORT });
    const spoolLimits = { messagesMax: 2, octetsMax: 10_000 };
    const { queue, refused, folder } = await openQueue({ servers: () => [server], spoolLimits });
    await queue.send(MESSAGE);
    await queue.send(MESSAGE);
    await expect(queue.send(MESSAGE)).rejects.toThrow(/2 messages wait, and mail-spool-message-limit is 2/);
    await expect(queue.send(MESSAGE)).rejects.toThrow(/2 messages wait/);
    expect(refused).toHaveLength(1);
    expect((await readdir(folder)).filter((name) => name !== 'given-up')).toHaveLength(2);
  });

  test('a spool that was full is told of again when it has taken a message in between', async () => {
    const receiver = await SmtpReceiver.start();
    let servers = [mailServer({ port: CLOSED_PORT })];
    const spoolLimits = { messagesMax: 1, octetsMax: 10_000 };
    const { queue, refused, spool } = await openQueue({ servers: () => servers, spoolLimits });
    await queue.send(MESSAGE);
    await expect(queue.send(MESSAGE)).rejects.toThrow(/is full/);
    servers = [mailServer({ port: receiver.port })];
    queue.wake();
    await until(() => spool.messageCount === 0);
    servers = [mailServer({ port: CLOSED_PORT })];
    await queue.send(MESSAGE);
    await expect(queue.send(MESSAGE)).rejects.toThrow(/is full/);
    expect(refused).toHaveLength(2);
  });

  test('so does one with too many octets', async () => {
    const server = mailServer({ port: CLOSED_PORT });
    const { queue } = await openQueue({
      servers: () => [server],
      spoolLimits: { messagesMax: 10, octetsMax: 5000 },
    });
    await queue.send(MESSAGE);
    const text = 'x'.repeat(5000);
    await expect(queue.send({ ...MESSAGE, text })).rejects.toThrow(/mail-spool-size-limit is 5000/);
  });

  test('a message without recipients, or with too many, is not taken', async () => {
    const { queue, refused } = await openQueue({ servers: () => [] });
    await expect(queue.send({ ...MESSAGE, to: [] })).rejects.toThrow('no recipients');
    const to = Array.from({ length: 101 }, (_, at) => `r${at}@example.com`);
    await expect(queue.send({ ...MESSAGE, to })).rejects.toThrow('101 recipients; 100 are allowed');
    expect(refused).toEqual([]);
  });

  test('a line end in a subject or an address adds no header', async () => {
    const receiver = await SmtpReceiver.start();
    const server = mailServer({ port: receiver.port });
    const { queue } = await openQueue({ servers: () => [server] });
    await queue.send({ ...MESSAGE, subject: 'a\r\nBcc: evil@example.com' });
    const [message] = await receiver.received(1);
    expect(message?.text).not.toMatch(/^Bcc:/m);
    const to = ['a@example.com>\r\nRCPT TO:<evil@example.com'];
    await expect(queue.send({ ...MESSAGE, to })).rejects.toThrow('is no mail address');
  });
});

describe('a restart', () => {
  test('what waited is sent, and what may have been sent is told', async () => {
    const unreachable = mailServer({ port: CLOSED_PORT });
    const first = await openQueue({ servers: () => [unreachable] });
    const ids = [await first.queue.send(MESSAGE), await first.queue.send(MESSAGE)].map(({ id }) => id);
    await first.queue.close();
    const [name = ''] = (await readdir(first.folder)).filter((one) => one.startsWith(ids[0] ?? ''));
    await rename(join(first.folder, name), join(first.folder, `${ids[0]}.sending`));
    const receiver = await SmtpReceiver.start();
    const server = mailServer({ port: receiver.port });
    const second = await openQueue({ servers: () => [server], folder: first.folder });
    await receiver.received(2);
    await until(() => second.spool.messageCount === 0);
    expect(second.queue.counts.unclear).toBe(1);
    expect(logLines.join('\n')).toContain('may arrive twice');
  });

  test('what was lost after its content stays marked on disk, and is reported again', async () => {
    const says = mailServerAnswers();
    const lost = await ScriptedMailServer.start((line, socket) => {
      if (line !== '.') return says(line, socket);
      socket.destroy();
      return undefined;
    });
    const pauses = { firstMs: 3_600_000, longestMs: 7_200_000 };
    const server = mailServer({ port: lost.port });
    const first = await openQueue({ servers: () => [server], pauses });
    const { id } = await first.queue.send(MESSAGE);
    await until(() => first.queue.counts.unclear === 1);
    await first.queue.close();
    expect(await readdir(first.folder)).toContain(`${id}.sending`);
    const second = await openQueue({ servers: () => [], folder: first.folder });
    expect(second.queue.counts.unclear).toBe(1);
  });

  test('half a message is no message, and a file that is none is put aside', async () => {
    const { folder, queue } = await openQueue({ servers: () => [] });
    await queue.close();
    const id = '0193a0000000-0123456789abcdef';
    await writeFile(join(folder, `${id}.tmp`), 'half');
    await writeFile(join(folder, '0193a0000001-0123456789abcdef.mail'), 'no JSON');
    await mkdir(join(folder, 'somebody else'));
    const receiver = await SmtpReceiver.start();
    const server = mailServer({ port: receiver.port });
    const second = await openQueue({ servers: () => [server], folder });
    await second.queue.send(MESSAGE);
    await receiver.received(1);
    await until(() => second.spool.messageCount === 0);
    expect((await readdir(folder)).toSorted()).toEqual([
      '0193a0000001-0123456789abcdef.broken',
      'given-up',
      'somebody else',
    ]);
  });
});

test('a message whose file somebody has removed is forgotten', async () => {
  const { queue, spool, folder } = await openQueue({ servers: () => [mailServer({ port: CLOSED_PORT })] });
  const { id } = await queue.send(MESSAGE);
  // While it is tried its file has another name.
  await until(() => logLines.some((line) => line.includes(id) && line.includes('is tried again')));
  const [name = ''] = (await readdir(folder)).filter((one) => one.startsWith(id));
  await rm(join(folder, name));
  queue.wake();
  await until(() => spool.messageCount === 0);
  expect(spool.octetCount).toBe(0);
  expect(logLines.join('\n')).toContain('was removed from the spool by somebody else');
});

test('a message is not sent again because the disk did not let go of it', async () => {
  let folder = '';
  let id = '';
  let path = '';
  const receiver: SmtpReceiver = await SmtpReceiver.start({
    onData: (stream, session, done) => {
      stream.resume().on('end', async () => {
        receiver.remember(session, '');
        // A folder of its name cannot be removed as a file can.
        path = join(folder, `${id}.sending`);
        await rename(path, `${path}.kept`);
        await mkdir(path);
        done();
      });
    },
  });
  const server = mailServer({ port: receiver.port });
  const opened = await openQueue({ servers: () => (id === '' ? [] : [server]) });
  folder = opened.folder;
  id = (await opened.queue.send(MESSAGE)).id;
  opened.queue.wake();
  await until(() => logLines.some((line) => line.includes('could not be worked on')));
  await removeFolder(path);
  await rename(`${path}.kept`, path);
  await until(() => opened.spool.messageCount === 0);
  expect(receiver.messages).toHaveLength(1);
});

test('an address that is refused is told at once, also when others are tried again', async () => {
  const codes: Readonly<Record<string, number>> = { 'later@example.com': 450, 'never@example.com': 550 };
  const onRcptTo: ReceiverOptions['onRcptTo'] = ({ address }, _session, done) => {
    const responseCode = codes[address];
    done(responseCode === undefined ? null : Object.assign(new Error('no'), { responseCode }));
  };
  const receiver = await SmtpReceiver.start({ onRcptTo });
  const server = mailServer({ port: receiver.port });
  const { queue, givenUp, spool } = await openQueue({ servers: () => [server] });
  await queue.send({ ...MESSAGE, to: ['now@example.com', ...Object.keys(codes)] });
  await until(() => server.figures.deferred >= 2);
  expect(givenUp).toHaveLength(1);
  expect(server.figures.refused).toBe(1);
  expect(receiver.messages.map(({ to }) => to)).toEqual([['now@example.com']]);
  expect(spool.messageCount).toBe(1);
});

test('a mail server that hangs delays no message of another, and is left alone', async () => {
  const hanging = await SmtpReceiver.start({ onMailFrom: () => {} });
  const receiver = await SmtpReceiver.start();
  const [first, second] = [mailServer({ port: hanging.port }), mailServer({ port: receiver.port })];
  const { queue } = await openQueue({ servers: () => [first, second] });
  await Promise.all(Array.from({ length: 20 }, () => queue.send(MESSAGE)));
  await until(() => receiver.messages.length >= 15);
  expect(first.state).toBe('stalled');
  await queue.send(MESSAGE);
  await receiver.received(16);
  first.close();
  await until(() => second.figures.sent === 21);
  expect(receiver.messages).toHaveLength(21);
});

test('a mail server that was mended is tried at once', async () => {
  let isBroken = true;
  const receiver = await SmtpReceiver.start({
    onConnect: (_, done) => done(isBroken ? Object.assign(new Error('no'), { responseCode: 421 }) : null),
  });
  const server = mailServer({ port: receiver.port });
  const { queue } = await openQueue({ servers: () => [server] });
  await queue.send(MESSAGE);
  await until(() => server.figures.failed > 0 && server.restsForMs > 0);
  isBroken = false;
  expect((await server.check()).failure).toBeUndefined();
  expect(server.restsForMs).toBe(0);
  queue.wake();
  await receiver.received(1);
});

test('a hundred messages at once arrive once each', async () => {
  const receiver = await SmtpReceiver.start();
  const server = mailServer({ port: receiver.port });
  const { queue, spool } = await openQueue({ servers: () => [server] });
  const sent = await Promise.all(Array.from({ length: 100 }, () => queue.send(MESSAGE)));
  await receiver.received(100);
  await until(() => spool.messageCount === 0);
  const arrived = receiver.messages.map(({ text }) => /^Message-ID: (.*)$/m.exec(text)?.[1]?.trim());
  expect(arrived.toSorted()).toEqual(sent.map(({ messageId }) => messageId).toSorted());
  expect(receiver.connections).toBeLessThanOrEqual(5);
  expect(server.figures.latencyMs(50)).toBeGreaterThan(0);
});

test('passwords were never logged, nor written to the spool', () => {
  expect(logLines.join('\n')).not.toContain(CANARY);
});

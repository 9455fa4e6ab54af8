// Messages that wait for the only connection to a mail server: they wait while it takes those before them, and when they
// are not handed over somebody says why.

import { afterEach, describe, expect, it } from 'vitest';
import { usableServers } from '../../src/mail/deliver.ts';
import { endReceivers, SmtpReceiver } from '../support/mail/smtp-receiver.ts';
import { passes, until } from '../support/until.ts';
import { mailServer, READY } from './mail-room.ts';

const STALL_MS = 20;
/** Long enough for some looks at whether the mail server still answers. */
const LOOKS_MS = 100;

afterEach(endReceivers);

/** A mail server that answers for a message when it is told to: the first one that waits, and how. */
async function holding(): Promise<{ readonly port: number; readonly held: ((error?: Error) => void)[] }> {
  const held: ((error?: Error) => void)[] = [];
  const { port } = await SmtpReceiver.start({
    onData: (stream, _, done) => {
      stream.resume();
      stream.on('end', () => held.push((error) => (error === undefined ? done(null, 'taken') : done(error))));
    },
  });
  return { port, held };
}

describe('with a pool of one connection', () => {
  it('a message waits longer than the others take together, as long as they are taken', async () => {
    const { port, held } = await holding();
    let nowMs = 0;
    const server = mailServer({ port, connectionPoolSize: 1, stallMs: STALL_MS, clockMs: () => nowMs });
    const outcomes = Promise.all(Array.from({ length: 4 }, () => server.hand(READY)));
    for (let count = 1; count <= 4; count++) {
      await until(() => held.length === count);
      nowMs += STALL_MS;
      await passes(LOOKS_MS);
      held.at(-1)?.();
    }
    expect((await outcomes).map(({ kind }) => kind)).toEqual([
      'answered',
      'answered',
      'answered',
      'answered',
    ]);
    server.close();
  });

  it('those that wait for one that says nothing are told so', async () => {
    const { port, held } = await holding();
    let nowMs = 0;
    const server = mailServer({ port, connectionPoolSize: 1, stallMs: STALL_MS, clockMs: () => nowMs });
    const first = server.hand(READY);
    const second = server.hand(READY);
    await until(() => held.length === 1);
    nowMs += STALL_MS + 1;
    expect(await second).toEqual({
      kind: 'not tried',
      reason: expect.stringContaining('has not answered for 0.02 s'),
    });
    held[0]?.();
    expect(await first).toMatchObject({ kind: 'answered' });
    server.close();
  });

  it('those that wait for one that fails, or is replaced, are told so', async () => {
    const { port, held } = await holding();
    const server = mailServer({ port, connectionPoolSize: 1 });
    const [first, second] = [server.hand(READY), server.hand(READY)];
    await until(() => held.length === 1);
    held[0]?.(Object.assign(new Error('going down'), { responseCode: 421 }));
    expect(await first).toMatchObject({ kind: 'failed' });
    expect(await second).toMatchObject({
      kind: 'not tried',
      reason: expect.stringContaining('since another message failed there'),
    });
    const other = mailServer({ port, connectionPoolSize: 1 });
    const [third, fourth] = [other.hand(READY), other.hand(READY)];
    await until(() => held.length === 2);
    other.retire();
    expect(await fourth).toMatchObject({
      kind: 'not tried',
      reason: expect.stringContaining('was changed or removed'),
    });
    held[1]?.();
    expect(await third).toMatchObject({ kind: 'answered' });
    server.close();
  });
});

it('a mail server that has stopped answering is tried last, whatever its priority', async () => {
  const { port, held } = await holding();
  let nowMs = 0;
  const stalled = mailServer({ port, priority: 1, stallMs: STALL_MS, clockMs: () => nowMs });
  const other = mailServer({ port, priority: 2 });
  const outcome = stalled.hand(READY);
  await until(() => held.length === 1);
  expect(usableServers([stalled, other])).toEqual([stalled, other]);
  nowMs += STALL_MS + 1;
  expect(usableServers([stalled, other])).toEqual([other, stalled]);
  held[0]?.();
  await outcome;
  expect(usableServers([stalled, other])).toEqual([stalled, other]);
  stalled.close();
  other.close();
});

describe('a failure of a message that began before the trust manager changed', () => {
  it.each([
    [true, 'does not make the mail server rest'],
    [false, 'makes it rest where nothing has changed'],
  ])('(changed: %s) %s', async (isChanged) => {
    let greet: (() => void) | undefined;
    const { port } = await SmtpReceiver.start({
      // One connection more looks at the certificate.
      onConnect: (_session, done) => {
        if (greet === undefined) greet = done;
        else done();
      },
    });
    const server = mailServer({ port, useStartTls: true, clockMs: () => 0 });
    const outcome = server.hand(READY);
    await until(() => greet !== undefined);
    if (isChanged) expect(server.trustChanged()).toBe(true);
    greet?.();
    expect(await outcome).toMatchObject({ kind: 'failed', failure: { step: 'tls' } });
    expect(server.restsForMs > 0).toBe(!isChanged);
    server.close();
  });
});

// The spool on a disk that fails at each of its calls in turn: a message that was taken arrives, once; one that was
// refused never does, also after a restart; and what may be sent twice is said to be unclear.

import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { MailError } from '../../src/mail/outgoing-message.ts';
import { DiskFault, type Fault } from '../support/disk/disk-fault.ts';
import { removeFolder } from '../support/folders.ts';
import { endReceivers, SmtpReceiver } from '../support/mail/smtp-receiver.ts';
import { until } from '../support/until.ts';
import { endQueues, logLines, mailServer, openQueue } from './mail-room.ts';

/** What one message costs: created, written, synced, renamed, marked, and removed; and, between, its folder is synced. */
const CALLS = 9;

let folder: string;
let disk: DiskFault;
let receiver: SmtpReceiver;
let count = 0;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'confdit-faults-'));
  disk = new DiskFault(folder);
  process.env.CONFDIT_TEST_FAULT = disk.environment.CONFDIT_TEST_FAULT;
  await import(new URL('../support/disk/failing-disk.mjs', import.meta.url).href);
  receiver = await SmtpReceiver.start();
});

afterEach(() => disk.clear());

afterAll(async () => {
  await endQueues();
  await endReceivers();
  await removeFolder(folder);
});

/** One or more addresses that no other message has. */
function newMessage(recipients = 1) {
  count += 1;
  const to = Array.from({ length: recipients }, (_, at) => `m${count}-${at}@example.com`);
  const received = (address = to[0] ?? '') =>
    receiver.messages.filter((message) => message.to.includes(address)).length;
  return { message: { from: 'confdit@example.com', to, subject: 's', text: 't', headers: {} }, to, received };
}

const faults = ['ENOSPC', 'EDQUOT', 'EIO'].flatMap((code) =>
  [1, 3, undefined].map((times): Fault => ({ code, ...(times === undefined ? {} : { times }) })),
);

describe.each(faults)('a disk that fails (%o)', (fault) => {
  it('at any call has a message sent once or refused', async () => {
    for (let skip = 0; skip < CALLS; skip++) {
      const server = mailServer({ port: receiver.port });
      const { queue, spool, folder: spoolFolder } = await openQueue({ servers: () => [server] });
      const { message, received } = newMessage();
      await disk.set({ ...fault, skip, path: spoolFolder });
      const outcome = await queue.send(message).catch((error: unknown) => {
        if (error instanceof MailError) return error;
        throw error;
      });
      const isRefused = outcome instanceof MailError;
      if (isRefused) expect(outcome.message).toMatch(/disk/);
      else if (fault.times === undefined) {
        // The start of the sending is on disk, or nothing is sent.
        const isHeldUp = () =>
          logLines.some((line) => line.includes('could not be worked on') && line.includes(outcome.id));
        await until(() => received() === 1 || isHeldUp());
      }
      await disk.clear();
      if (!isRefused) await until(() => spool.messageCount === 0);
      expect([skip, received()]).toEqual([skip, isRefused ? 0 : 1]);
      await queue.close();
      const again = await openQueue({ servers: () => [server], folder: spoolFolder });
      expect([skip, again.spool.messageCount]).toEqual([skip, 0]);
      server.close();
    }
  });
});

it('a message that was accepted and could not be removed is not sent again before a restart, and then is unclear', async () => {
  const server = mailServer({ port: receiver.port });
  const { queue, folder: spoolFolder } = await openQueue({ servers: () => [server] });
  const { message, received } = newMessage();
  await disk.set({ code: 'EIO', path: spoolFolder, calls: ['remove'] });
  const { id } = await queue.send(message);
  await until(
    () => logLines.filter((line) => line.includes('could not be worked on') && line.includes(id)).length > 3,
  );
  expect([received(), queue.counts.sent]).toEqual([1, 1]);
  await queue.close();
  await disk.clear();
  const again = await openQueue({ servers: () => [server], folder: spoolFolder });
  expect(again.queue.counts.unclear).toBe(1);
  server.close();
});

it('a message that is given up and cannot be put aside is told of once', async () => {
  const server = mailServer({ port: receiver.port });
  let attempts = 0;
  const refusing = await SmtpReceiver.start({
    onRcptTo: (_, __, done) => {
      attempts += 1;
      done(Object.assign(new Error('no such user'), { responseCode: 550 }));
    },
  });
  const no = mailServer({ port: refusing.port });
  const { queue, spool, folder: spoolFolder, givenUp } = await openQueue({ servers: () => [no] });
  await disk.set({ code: 'ENOSPC', path: `${spoolFolder}.*given-up`, times: 5 });
  await queue.send(newMessage().message);
  await until(() => spool.messageCount === 0);
  expect([givenUp.length, attempts]).toEqual([1, 1]);
  no.close();
  server.close();
});

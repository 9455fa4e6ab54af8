// How long LDAP answers and messages to another mail server take while a mail server hangs:
//
//     npm run measure-hanging-mail -- --seconds 60

import { createServer } from 'node:net';
import { parseArgs } from 'node:util';
import { changeLdif, mailServerDn, mailServerLdif } from '../test/mail/mail-servers-in-ldif.ts';
import { type Latencies, WellBehavedClient } from '../test/support/clients/well-behaved-client.ts';
import { LdapTools } from '../test/support/ldap-tools.ts';
import { endReceivers, SmtpReceiver } from '../test/support/mail/smtp-receiver.ts';
import { endServers, startServer } from '../test/support/server-process.ts';

/** Fewer than tasks may run at a time. */
const HANGING_MESSAGES = 20;
const PAUSE_MS = 500;

const { values } = parseArgs({ options: { seconds: { type: 'string', default: '60' } } });
const durationMs = Number(values.seconds) * 1000;

const sockets = new Set<{ destroy(): void }>();
/** Takes every connection and says nothing. */
const hanging = createServer((socket) => void sockets.add(socket.on('error', () => {})));
await new Promise<void>((resolve) => hanging.listen(0, '127.0.0.1', resolve));
const address = hanging.address();
const port = typeof address === 'object' ? address?.port : 0;
const receiver = await SmtpReceiver.start();
const server = await startServer();
const tools = new LdapTools(server);
let tasks = 0;
try {
  const plain = { 'use-start-tls': false };
  const silent = `mail.smtp.connectiontimeout=${durationMs}\nds-cfg-smtp-property: mail.smtp.timeout=${durationMs}`;
  await tools.add(
    mailServerLdif('Hanging', { 'smtp-server': `127.0.0.1:${port}`, ...plain, 'smtp-property': silent }) +
      mailServerLdif('Good', { 'smtp-server': `127.0.0.1:${receiver.port}`, ...plain }),
  );
  tell('LDAP, nothing hangs', await searching(durationMs / 6));
  for (let count = 0; count < HANGING_MESSAGES; count++) await send('Hanging');
  const sent = sendingFor(durationMs * 0.8);
  tell('LDAP, a mail server hangs', await searching(durationMs * 0.8));
  process.stdout.write(`messages to the other mail server meanwhile: ${await sent}\n`);
  await tools.modify(changeLdif(mailServerDn('Hanging'), { enabled: 'false' }));
  for (const socket of sockets) socket.destroy();
  hanging.close();
} finally {
  await endReceivers();
  await endServers();
}

/** Adds a task that sends a message, and does not wait for its end. */
async function send(name: string): Promise<void> {
  tasks += 1;
  const lines = [
    `dn: ds-task-id=${tasks},cn=Scheduled Tasks,cn=tasks`,
    ...['objectClass: top', 'objectClass: ds-task', 'objectClass: ds-task-send-test-message'],
    `ds-task-id: ${tasks}`,
    `ds-task-mail-server: ${mailServerDn(name)}`,
    'ds-task-mail-sender: confdit@example.com',
    'ds-task-mail-recipient: one@example.com',
    '',
  ];
  const { code, stderr } = await tools.add(lines.join('\n'));
  if (code !== 0) throw new Error(`The task was refused: ${stderr}`);
}

/** One message after the other, each from when its task is asked for until it has arrived. */
async function sendingFor(ms: number): Promise<string> {
  const timesMs: number[] = [];
  const endMs = performance.now() + ms;
  while (performance.now() < endMs) {
    const startedMs = performance.now();
    await send('Good');
    await receiver.received(timesMs.length + 1);
    timesMs.push(performance.now() - startedMs);
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
  const sorted = timesMs.toSorted((one, other) => one - other).map(Math.round);
  return `${sorted.length} arrived, median ${sorted[sorted.length >> 1]} ms after they were asked for, longest ${sorted.at(-1)} ms`;
}

async function searching(ms: number): Promise<Latencies> {
  const client = await WellBehavedClient.start(server);
  await new Promise((resolve) => setTimeout(resolve, ms));
  return client.stop();
}

function tell(title: string, { count, medianMs, percentile99Ms, longestMs }: Latencies): void {
  const figures = [medianMs, percentile99Ms, longestMs].map((ms) => ms.toFixed(1));
  process.stdout.write(
    `${title}: ${count} searches, median ${figures[0]} ms, 99th percentile ${figures[1]} ms, longest ${figures[2]} ms\n`,
  );
}

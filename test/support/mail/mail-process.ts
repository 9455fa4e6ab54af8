// A process that spools messages and sends them, to be killed at any moment: the spool and the queue of the server without
// the rest of it. Says on its standard output which messages were accepted into the spool, and when none is left.

import { readFile } from 'node:fs/promises';
import { MESSAGE, mailServer, openQueue } from '../../mail/mail-room.ts';

/** Messages that are spooled at a time. */
const BATCH = 10;

const [folder = '', port = '', authorityFile = '', password = '', count = '0'] = process.argv.slice(2);
const authority = await readFile(authorityFile, 'utf8');
const server = mailServer({ port: Number(port), useStartTls: true, password, authority });
const { queue, spool } = await openQueue({ servers: () => [server], folder });
say({ unclear: queue.counts.unclear });
for (let spooled = 0; spooled < Number(count); spooled += BATCH) {
  const batch = Array.from({ length: Math.min(BATCH, Number(count) - spooled) }, async () =>
    say({ spooled: (await queue.send(MESSAGE)).messageId }),
  );
  await Promise.all(batch);
}
while (spool.messageCount > 0) await new Promise((resolve) => setTimeout(resolve, 20));
say({ empty: true, unclear: queue.counts.unclear });
await queue.close();
server.close();

function say(line: object): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

// Kills Postfix and the process that sends, again and again, and looks whether any message that was spooled is lost:
//
//     npm run torture-mail -- --messages 1000 --kills 5

import { parseArgs } from 'node:util';
import { tortureMail } from '../test/support/mail/mail-torture.ts';

const { values } = parseArgs({
  options: { messages: { type: 'string', default: '1000' }, kills: { type: 'string', default: '5' } },
});
const [messages, kills] = [Number(values.messages), Number(values.kills)];
if (!Number.isSafeInteger(messages) || !Number.isSafeInteger(kills) || kills < 1 || messages < 4 * kills) {
  process.stderr.write('torture-mail: --messages must be a number of at least four times --kills.\n');
  process.exit(2);
}

const startedAt = performance.now();
const { accepted, lost, twice, unclear, kills: done } = await tortureMail({ messages, kills });
const seconds = Math.round((performance.now() - startedAt) / 1000);
process.stdout.write(
  `${done} kills in ${seconds} s: ${accepted} messages accepted into the spool, ${lost} lost, ` +
    `${twice} arrived twice, ${unclear} were said to be unclear.\n`,
);
process.exitCode = lost === 0 ? 0 : 1;

// Kills in the middle of sending: what the spool accepted arrives. With more messages: npm run torture-mail.

import { expect, test } from 'vitest';
import { tortureMail } from '../support/mail-torture.ts';

/** The default of connection-pool-size. */
const CONNECTIONS = 5;

test('Postfix and the process that sends are killed, and every message arrives', async () => {
  const result = await tortureMail({ messages: 60, kills: 1 });
  expect(result).toMatchObject({ accepted: 60, lost: 0 });
  // Each kill finds at most so many messages between their acceptance and the news of it as there are connections.
  expect(result.twice).toBeLessThanOrEqual(CONNECTIONS * result.kills);
}, 180_000);

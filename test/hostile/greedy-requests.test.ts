// A small version of what `npm run hostile -- --greedy` does with 200,000 changes.

import { expect, it } from 'vitest';
import { Oid } from '../../src/ldap/oids.ts';
import { abandonRequest, extendedRequest, message } from '../support/ber-bytes.ts';
import { RawClient } from '../support/raw-client.ts';
import '../support/start-server.ts';
import { askForEverything } from './greedy-requests.ts';
import { serverWithPast } from './long-journal.ts';

const CHANGES = 4000;
const AT_ONCE = 4;
const WHO_AM_I = extendedRequest('1.3.6.1.4.1.4203.1.11.3');

it('a server with little memory answers or refuses whatever is asked of a long past, and holds nothing of it', async () => {
  const environment = { NODE_OPTIONS: '--max-old-space-size=128', CONFDIT_ACCESS_LOG: 'off' };
  const { server, past } = await serverWithPast(CHANGES, environment);
  const all = async (atOnce: number) => {
    const outcomes: unknown[] = [];
    for await (const one of askForEverything(server, past, atOnce)) outcomes.push(one);
    return outcomes;
  };
  const alone = await all(1);
  await all(AT_ONCE);
  // As before: what the others held was given back.
  expect(await all(1)).toEqual(alone);
  expect(server.isRunning).toBe(true);
  const client = await RawClient.bound(server);
  expect(await client.request(WHO_AM_I)).toMatchObject({ code: 0 });
  // What nobody waits for ends, before it has read all of it.
  const asked = extendedRequest(Oid.differences, JSON.stringify({ from: past.first, to: past.last }));
  const [abandoned, other] = [client.nextId(), client.nextId()];
  client.send(
    message(abandoned, asked),
    message(other, asked),
    message(client.nextId(), abandonRequest(abandoned)),
  );
  expect((await client.answer(other)).code).toBe(0);
  expect(client.unread).toEqual([]);
  client.close();
}, 300_000);

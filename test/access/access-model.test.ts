// The decision of the server compared with a model of it, over random policies and requests; `npm run access` does it at length.

import { afterAll, beforeAll, expect, it } from 'vitest';
import type { LdapClient } from '../../src/ldap-client/ldap-client.ts';
import { SEED } from '../support/seed.ts';
import { type RunningServer, startServer } from '../support/start-server.ts';
import { compareRound, openClients, prepareEntries } from './compared-with-model.ts';
import { diceOf } from './dice.ts';

const ROUNDS = 12;
const QUESTIONS = 60;

let server: RunningServer;
let clients: readonly LdapClient[];

beforeAll(async () => {
  server = await startServer();
  await prepareEntries(server);
  clients = await openClients(server);
});

afterAll(() => {
  for (const client of clients) client.close();
});

it('decides as the model does', async () => {
  const dice = diceOf(SEED);
  for (let round = 0; round < ROUNDS; round++)
    expect(await compareRound(server, clients, QUESTIONS, dice)).toEqual([]);
});

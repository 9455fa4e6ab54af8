// Compares the decisions of a server with the model of them, over random policies, accounts and requests:
//
//     npm run access -- --questions 100000 --seed 7
//
// Prints each disagreement, and exits with 1 if there is one.

import { parseArgs } from 'node:util';
import { compareRound, openClients, prepareEntries } from '../test/access/compared-with-model.ts';
import { diceOf } from '../test/access/dice.ts';
import { endServers, startServer } from '../test/support/server-process.ts';

const PER_ROUND = 250;

const { values } = parseArgs({
  options: { questions: { type: 'string', default: '100000' }, seed: { type: 'string', default: '1' } },
});
const dice = diceOf(Number(values.seed));
const server = await startServer();
await prepareEntries(server);
const clients = await openClients(server);
let asked = 0;
let wrong = 0;
while (asked < Number(values.questions)) {
  for (const one of await compareRound(server, clients, PER_ROUND, dice)) {
    wrong += 1;
    console.log(JSON.stringify(one));
  }
  asked += PER_ROUND;
}
console.log(`${asked} questions, ${wrong} disagreements.`);
for (const client of clients) client.close();
await endServers();
process.exitCode = wrong > 0 ? 1 : 0;

// Measures a load of people with passwords on a server of its own, and what a login waits for meanwhile:
//
//     npm run measure-bulk-passwords -- 2000

import { backendLdif, PEOPLE, PEOPLE_LDIF } from '../test/memory/memory-backend-support.ts';
import { addRequest, bindRequest, message } from '../test/support/ber-bytes.ts';
import { LdapTools } from '../test/support/ldap-tools.ts';
import { RawClient } from '../test/support/raw-client.ts';
import { endServers, startServer } from '../test/support/server-process.ts';

const UNDER_WAY = 100;
const people = Number(process.argv[2] ?? 200);

const server = await startServer();
const tools = new LdapTools(server);
await tools.add(backendLdif());
await tools.add(PEOPLE_LDIF);
const client = await RawClient.bound(server);

let isLoading = true;
const startedAt = performance.now();
const load = (async () => {
  const answers: Promise<unknown>[] = [];
  for (let index = 0; index < people; index++) {
    const id = client.nextId();
    const person = [
      ['objectClass', ['inetOrgPerson']],
      ['cn', ['A']],
      ['sn', ['B']],
      ['userPassword', [`password ${index}`]],
    ] as const;
    client.send(message(id, addRequest(`uid=load${index},${PEOPLE}`, person)));
    answers.push(client.answer(id));
    if (answers.length >= UNDER_WAY) await answers.shift();
  }
  await Promise.all(answers);
  isLoading = false;
})();

const waits: number[] = [];
while (isLoading) {
  const login = await RawClient.connect(server);
  const from = performance.now();
  await login.request(bindRequest(`uid=nobody${waits.length},${PEOPLE}`, 'a guess'));
  waits.push(performance.now() - from);
  login.close();
}
await load;
const seconds = (performance.now() - startedAt) / 1000;
waits.sort((one, other) => one - other);
const median = waits[Math.floor(waits.length / 2)] ?? 0;
console.log(
  `${people} people with passwords in ${seconds.toFixed(1)} s; ${waits.length} logins beside them took ` +
    `${median.toFixed(0)} ms in the middle and ${(waits.at(-1) ?? 0).toFixed(0)} ms at most.`,
);
await endServers();

// Requests that ask for as much as they can, of everybody who has logged in, many at once: each is answered or refused.

import { writePagedResults } from '../../src/codec/paged-results-control.ts';
import { writePersistentSearch } from '../../src/codec/persistent-search-control.ts';
import { octetsFromText } from '../../src/ldap/octets.ts';
import { Oid } from '../../src/ldap/oids.ts';
import { addMailServer } from '../operations/entries.ts';
import {
  compareRequest,
  control,
  extendedRequest,
  message,
  scopes,
  searchRequest,
} from '../support/ber-bytes.ts';
import { writeListView, writeSortKeys } from '../support/control-values.ts';
import { RawClient } from '../support/raw-client.ts';
import type { RunningServer } from '../support/server-process.ts';
import type { LongPast } from './long-journal.ts';

/** How one of them was answered: a result code; not at all; or that the server closed the connection. */
export type Outcome = number | 'closed' | 'not answered in time';

type Ask = (client: RawClient, past: LongPast) => Promise<number>;

const FEW = 50;
const PAGE = 100;
const LARGE_VALUE = 'x'.repeat(100_000);
const LARGE_CHANGES = 100;

const KINDS: Readonly<Record<string, Ask>> = {
  'diff of everything': (client, { first, last }) => ask(client, Oid.differences, { from: first, to: last }),
  'diff back to the beginning': (client, { first, last }) =>
    ask(client, Oid.differences, { from: last, to: first }),
  'rollback, tried': (client, { first }) => ask(client, Oid.rollback, { to: first, trial: true }),
  'changelog, sorted by name': (client) => search(client, 'cn=changelog', sortedBy('targetDN')),
  'changelog, sorted by what was changed': (client) => search(client, 'cn=changelog', sortedBy('changes')),
  'changelog, a window on the list': (client) =>
    search(client, 'cn=changelog', sortedBy('changeTime'), [
      Oid.listViewRequest,
      writeListView({
        beforeCount: 0,
        afterCount: FEW,
        target: { type: 'offset', offset: PAGE, contentCount: 0 },
        contextId: undefined,
      }),
    ]),
  'changelog, sorted, the first page': (client) =>
    search(client, 'cn=changelog', sortedBy('changeNumber', true), [
      Oid.pagedResults,
      writePagedResults({ size: PAGE, cookie: '' }),
    ]),
  'changelog, not read': (client) => {
    client.pause();
    client.send(message(client.nextId(), searchRequest('cn=changelog', { scope: scopes.subtree })));
    return Promise.resolve(0);
  },
  'changelog, found by nothing': (client) =>
    client
      .request(searchRequest('cn=changelog', { scope: scopes.subtree, sizeLimit: 1, attributes: ['none'] }))
      .then(codeOf),
  'one change, compared': (client, { last }) =>
    client.request(compareRequest(`changeNumber=${last},cn=changelog`, 'changeType', 'modify')).then(codeOf),
  'cn=monitor, sorted': (client) => search(client, 'cn=monitor', sortedBy('cn')),
  'everything below the root, sorted': (client) => search(client, '', sortedBy('cn')),
  'everything watched': (client) => {
    const watch = writePersistentSearch({ changeTypes: 15, changesOnly: false, returnNotifications: true });
    const request = searchRequest('cn=config', { scope: scopes.subtree });
    client.pause();
    const controls = [control(Oid.persistentSearch, true, octetsFromText(watch))];
    client.send(message(client.nextId(), request, controls));
    return Promise.resolve(0);
  },
  'a transaction of large changes, left open': async (client) => {
    const { value } = await client.request(extendedRequest(Oid.startTransaction));
    let last = 0;
    for (let index = 0; index < LARGE_CHANGES && last === 0; index++) {
      const add = addMailServer(`Large ${index}`, { 'ds-cfg-smtp-property': `mail.x=${LARGE_VALUE}` });
      last = codeOf(await client.request(add, [control(Oid.transaction, true, value)]));
    }
    return last;
  },
};

/** Asks for each kind so many times at once, each on a connection of its own; tells what became of a kind when it is done. */
export async function* askForEverything(
  server: RunningServer,
  past: LongPast,
  atOnce: number,
): AsyncGenerator<readonly [kind: string, outcomes: readonly Outcome[]], void> {
  for (const [kind, askOne] of Object.entries(KINDS)) {
    const clients = await Promise.all(Array.from({ length: atOnce }, () => RawClient.bound(server)));
    const answers = clients.map((client) =>
      askOne(client, past).catch((): Outcome => (client.isClosed ? 'closed' : 'not answered in time')),
    );
    yield [kind, await Promise.all(answers)];
    for (const client of clients) client.close();
  }
}

function ask(client: RawClient, oid: string, value: object): Promise<number> {
  return client.request(extendedRequest(oid, JSON.stringify(value))).then(codeOf);
}

function search(
  client: RawClient,
  base: string,
  ...controls: readonly (readonly [oid: string, value: string])[]
): Promise<number> {
  const request = searchRequest(base, { scope: scopes.subtree, sizeLimit: FEW, attributes: ['1.1'] });
  return client
    .request(
      request,
      controls.map(([oid, value]) => control(oid, false, octetsFromText(value))),
    )
    .then(codeOf);
}

function sortedBy(attribute: string, isReverse = false): readonly [oid: string, value: string] {
  return [Oid.sortRequest, writeSortKeys([{ attribute, rule: undefined, isReverse }])];
}

function codeOf({ code }: { readonly code?: number | undefined }): number {
  return code ?? -1;
}

// What the log says of a request besides itself: its controls by name, and on whose behalf it was made.

import { beforeAll, describe, expect, it } from 'vitest';
import { Oid } from '../../src/ldap/oids.ts';
import {
  bindRequest,
  control,
  extendedRequest,
  integer,
  octets,
  scopes,
  searchRequest,
  sequence,
  substringsFilter,
} from '../support/ber-bytes.ts';
import { RawClient } from '../support/raw-client.ts';
import { ADMINISTRATOR, type RunningServer, startServer } from '../support/start-server.ts';
import { addAccount, MAIL_SERVERS, makeAll, ROOT_DNS } from './entries.ts';

let server: RunningServer;
let client: RawClient;

beforeAll(async () => {
  server = await startServer();
  client = await RawClient.bound(server);
  await makeAll(client, [addAccount('Reader', 'a-good-password-1', ['config-read'])]);
});

function lineOf(base: string) {
  return server.waitForLog((line) => line.msg === 'search' && line.base === base);
}

describe('the line of a request', () => {
  it('names its controls, and not what is in them', async () => {
    const page = control(Oid.pagedResults, true, sequence(integer(1), octets('')));
    await client.request(searchRequest(MAIL_SERVERS), [page, control('1.2.3.4', false, 'a value')]);
    const line = await lineOf(MAIL_SERVERS);
    expect(line).toMatchObject({ who: ADMINISTRATOR, controls: ['paged results', '1.2.3.4'] });
    expect(line).not.toHaveProperty('as');
    expect(JSON.stringify(line)).not.toContain('a value');
  });

  it('does not say what a filter asks of changes, which may be secrets', async () => {
    const filter = substringsFilter('changes', [0x81, 'canary']);
    await client.request(searchRequest('cn=changelog', { scope: scopes.one, filter }));
    const line = await lineOf('cn=changelog');
    expect(line).toMatchObject({ filter: expect.stringContaining('changes=') });
    expect(JSON.stringify(line)).not.toContain('canary');
  });

  it('says on whose behalf it was', async () => {
    await client.request(searchRequest(ROOT_DNS), [
      control(Oid.proxiedAuthorization, true, `dn:cn=Reader,${ROOT_DNS}`),
    ]);
    expect(await lineOf(ROOT_DNS)).toMatchObject({
      who: ADMINISTRATOR,
      as: `cn=Reader,${ROOT_DNS}`,
      controls: ['proxied authorization'],
    });
  });

  it('names the transaction of the client (PingDS), short and on one line', async () => {
    const id = `work-1\n"${'x'.repeat(500)}`;
    expect(
      (await client.request(searchRequest('cn=monitor'), [control(Oid.transactionId, true, id)])).code,
    ).toBe(0);
    expect(await lineOf('cn=monitor')).toMatchObject({
      controls: ['transaction ID'],
      transactionId: id.slice(0, 128),
    });
    const own = await RawClient.connect(server);
    expect((await own.request(bindRequest('', ''), [control(Oid.transactionId, true, 'two')])).code).toBe(0);
    expect((await own.request(extendedRequest(Oid.whoAmI), [control(Oid.transactionId, true)])).code).toBe(2);
    own.close();
  });

  it('says nothing of the kind where there is none', async () => {
    await client.request(searchRequest('cn=config'));
    const line = await lineOf('cn=config');
    expect(line).not.toHaveProperty('controls');
    expect(line).not.toHaveProperty('as');
  });

  it('stays short however many controls there are, and whatever their names', async () => {
    const many = Array.from({ length: 60 }, (_, index) => control(`1.2.${index}.${'9'.repeat(500)}`));
    await client.request(searchRequest('cn=schema'), many);
    const line = await lineOf('cn=schema');
    expect(line.controls).toHaveLength(17);
    expect(JSON.stringify(line).length).toBeLessThan(4000);
  });
});

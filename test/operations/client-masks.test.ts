// Clients by their addresses: allowed-client and denied-client.

import { beforeAll, describe, expect, it } from 'vitest';
import { extendedRequest } from '../support/ber-bytes.ts';
import { LdapTools } from '../support/ldap-tools.ts';
import { connectFromOutside, outerAddress } from '../support/outer-address.ts';
import { type RunningServer, startServer } from '../support/start-server.ts';

const WHO_AM_I = extendedRequest('1.3.6.1.4.1.4203.1.11.3');
const HANDLER = 'cn=LDAP,cn=Connection Handlers,cn=config';

describe.runIf(outerAddress !== undefined)('from another address than loopback', () => {
  const host = outerAddress ?? '';
  let server: RunningServer;

  beforeAll(async () => {
    server = await startServer({ environment: { LDAP_LISTEN_ADDRESS: '0.0.0.0' } });
  });

  it('who is denied by a mask is not let in, and who is allowed is', async () => {
    const tools = new LdapTools(server);
    const change = (line: string) =>
      `dn: ${HANDLER}\nchangetype: modify\nreplace: ${line.split(':')[0]}\n${line}`;
    const there = await connectFromOutside(server.port);
    expect(await tools.modify(change(`ds-cfg-denied-client: ${host}`))).toMatchObject({
      code: 0,
      stderr: '',
    });
    const denied = await connectFromOutside(server.port);
    await denied.closed();
    expect(await there.request(WHO_AM_I)).toMatchObject({ code: 0 });
    expect(await tools.modify(change('ds-cfg-denied-client: 203.0.113.9'))).toMatchObject({ code: 0 });
    expect(await tools.modify(change('ds-cfg-allowed-client: 127.0.0.0/8'))).toMatchObject({ code: 0 });
    const notAllowed = await connectFromOutside(server.port);
    await notAllowed.closed();
    expect(
      await tools.modify(`${change('ds-cfg-allowed-client: 127.0.0.1')}\nds-cfg-allowed-client: ${host}`),
    ).toMatchObject({ code: 0 });
    const allowed = await connectFromOutside(server.port);
    expect(await allowed.request(WHO_AM_I)).toMatchObject({ code: 0 });
  });
});

// Nobody can lock everybody out by closing the last port.

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LdapTools } from '../support/ldap-tools.ts';
import { type RunningServer, startServer } from '../support/start-server.ts';

const HANDLERS = 'cn=Connection Handlers,cn=config';

let server: RunningServer;
let tools: LdapTools;

beforeAll(async () => {
  server = await startServer();
  tools = new LdapTools(server);
  for (const name of ['LDAPS', 'LDAPI']) await tools.modify(disable(name));
});

afterAll(async () => {
  await server.stop();
});

function disable(name: string): string {
  return `dn: cn=${name},${HANDLERS}\nchangetype: modify\nreplace: ds-cfg-enabled\nds-cfg-enabled: false\n`;
}

describe('the last enabled connection handler', () => {
  it.each([
    ['be disabled', disable('LDAP')],
    ['be deleted', `dn: cn=LDAP,${HANDLERS}\nchangetype: delete\n`],
  ])('cannot %s', async (_, change) => {
    const { code, stderr } = await tools.modify(change);
    expect(code).toBe(53);
    expect(stderr).toContain('it is the last enabled connection handler');
  });

  it('can be disabled once another one is enabled', async () => {
    const enable = disable('LDAPI').replace('ds-cfg-enabled: false', 'ds-cfg-enabled: true');
    expect((await tools.modify(enable)).code).toBe(0);
    expect((await tools.modify(disable('LDAP'))).code).toBe(0);
  });
});

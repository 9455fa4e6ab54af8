// Instances of other versions than this one: a cluster begins with that of an older version, and one of a later version is refused.

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { runHere } from '../support/confdit-program.ts';
import { EtcdCluster } from '../support/etcd/etcd-cluster.ts';
import { freePort } from '../support/free-port.ts';
import { LdapTools } from '../support/ldap-tools.ts';
import { copySample } from '../support/sample-instance.ts';
import { startServer } from '../support/start-server.ts';

let etcd: EtcdCluster;

beforeAll(async () => {
  etcd = await EtcdCluster.start({ members: 1 });
});

afterAll(() => etcd.close());

it('an instance of a version that knows no clusters begins one as it is', async () => {
  const folder = await copySample('0.1.0');
  const environment = {
    CONFDIT_ETCD: etcd.urls.join(),
    HTTP_PORT: String(await freePort()),
    SINK_PORT: String(await freePort()),
  };
  expect(await runHere(['cluster', 'init', '--instance', folder], { environment })).toMatchObject({
    code: 0,
  });
  const server = await startServer({ folder, password: 'sample-administrator-1', environment });
  const tools = new LdapTools(server);
  const added = `dn: cn=Newer,cn=Mail Servers,cn=config
objectClass: ds-cfg-mail-server
cn: Newer
ds-cfg-enabled: true
ds-cfg-smtp-server: smtp.example.com
`;
  expect(await tools.add(added)).toMatchObject({ code: 0 });
  const entries = await tools.entries('cn=Mail Servers,cn=config', '-s', 'one', 'cn');
  const names = entries.map((entry) => entry.first('cn'));
  expect(names).toEqual(expect.arrayContaining(['After the snapshot', 'Café, Überall', 'Newer']));
  expect(await etcd.ctl('get', '--prefix', '/confdit/default/commit')).toContain('cn=Newer');
  await server.stop();
  await writeFile(join(folder, 'config', 'cluster.json'), '{"format":2,"cluster":"of a later version"}\n');
  const refused = await startServer({ folder, environment, expectFailure: true });
  expect(refused.stderr).toContain('cluster.json is of a newer version of confdit. Upgrade this server.');
});

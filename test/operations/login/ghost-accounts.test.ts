// The file that fills a memory backend: it brings no entry, and so no account, that no search would show, and it is no
// file of the instance itself.

import { link, readdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { bindRequest } from '../../support/ber-bytes.ts';
import { LdapTools } from '../../support/ldap-tools.ts';
import { RawClient } from '../../support/raw-client.ts';
import { type RunningServer, startServer } from '../../support/start-server.ts';

let server: RunningServer;

beforeAll(async () => {
  server = await startServer({ password: 'test-password-1' });
});

function backendLdif(id: string, baseDn: string, ...lines: readonly string[]): string {
  return [
    `dn: ds-cfg-backend-id=${id},cn=Backends,cn=config`,
    'objectClass: top',
    'objectClass: ds-cfg-backend',
    'objectClass: ds-cfg-local-backend',
    'objectClass: ds-cfg-memory-backend',
    `ds-cfg-backend-id: ${id}`,
    'ds-cfg-enabled: true',
    `ds-cfg-base-dn: ${baseDn}`,
    ...lines,
    '',
  ].join('\n');
}

describe('an ldif-file', () => {
  const enable = (file: string, ...lines: readonly string[]) =>
    new LdapTools(server).add(backendLdif('other', 'dc=other', `ds-cfg-ldif-file: ${file}`, ...lines));

  it('brings no entry that no search would show', async () => {
    const outside = [
      'dn: dc=other\nobjectClass: domain\ndc: other\n',
      'dn: uid=ghost\nobjectClass: account\nobjectClass: simpleSecurityObject\nuid: ghost\nuserPassword: boo\n',
    ];
    const below = [
      'dn: dc=other\nobjectClass: domain\ndc: other\n',
      'dn: ou=away,dc=other\nobjectClass: referral\nobjectClass: extensibleObject\nou: away\nref: ldap://localhost/\n',
      'dn: uid=ghost,ou=away,dc=other\nobjectClass: account\nobjectClass: simpleSecurityObject\nuid: ghost\nuserPassword: boo\n',
    ];
    for (const [entries, ghost] of [
      [outside, 'uid=ghost'],
      [below, 'uid=ghost,ou=away,dc=other'],
    ] as const) {
      await writeFile(join(server.folder, 'ghosts.ldif'), entries.join('\n'));
      expect(await enable('ghosts.ldif')).toMatchObject({
        code: 53,
        stderr: expect.stringContaining(`${ghost}: is`),
      });
      const client = await RawClient.connect(server);
      expect(await client.request(bindRequest(ghost, 'boo'))).toMatchObject({ code: 49 });
      client.close();
    }
  });

  it('is no file of the instance itself, by whatever name', async () => {
    const { folder } = server;
    await symlink(join(folder, 'config/config.ldif'), join(folder, 'linked.ldif'));
    await link(join(folder, 'config/config.ldif'), join(folder, 'hard.ldif'));
    await symlink(join(folder, 'config'), join(folder, 'other-config'));
    const files = [
      'config/config.ldif',
      join(folder, 'config', 'config.ldif'),
      'config/../config/./config.ldif',
      'linked.ldif',
      'hard.ldif',
      'other-config/config.ldif',
      'config/admin.pin',
      'config/keys/server.pem',
      'schema/00-core.ldif',
      `config/journal/${(await readdir(join(folder, 'config/journal')))[0]}`,
      `/proc/self/root${folder}/config/config.ldif`,
    ];
    await writeFile(join(folder, 'config/admin.pin'), 'a password', { mode: 0o600 });
    for (const file of files)
      expect(await enable(file), file).toMatchObject({
        code: 53,
        stderr: expect.stringContaining('belongs to the instance itself'),
      });
  });
});

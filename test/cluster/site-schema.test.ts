// The schema of the site is part of what the servers of a cluster share.

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ServerGroup } from '../support/cluster/server-group.ts';
import { LdapTools } from '../support/ldap-tools.ts';
import type { RunningServer } from '../support/start-server.ts';
import { until } from '../support/until.ts';

const SITE = `dn: cn=schema
attributeTypes: ( 1.3.6.1.4.1.99999.1 NAME 'siteFloor'
  EQUALITY caseIgnoreMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 )
objectClasses: ( 1.3.6.1.4.1.99999.2 NAME 'sitePlace' SUP top AUXILIARY MAY siteFloor )
`;
const DESK = `attributeTypes: ( 1.3.6.1.4.1.99999.3 NAME 'siteDesk' SUP siteFloor )`;
const SEAT = `objectClasses: ( 1.3.6.1.4.1.99999.4 NAME 'siteSeat' SUP top AUXILIARY MUST siteDesk )`;

let group: ServerGroup;

beforeAll(async () => {
  group = await ServerGroup.start({ servers: 2, first: { files: { 'schema/99-site.ldif': SITE } } });
});

afterAll(() => group.close());

function person(name: string, more: string): string {
  return `dn: cn=${name},cn=Root DNs,cn=config
objectClass: inetOrgPerson
objectClass: ds-cfg-root-dn-user
cn: ${name}
sn: ${name}
${more}`;
}

function change(operation: string, ...definitions: readonly string[]): string {
  const values = definitions.map((one) => `ds-cfg-site-schema: ${one}\n`).join('');
  return `dn: cn=config\nchangetype: modify\n${operation}: ds-cfg-site-schema\n${values}`;
}

async function knows(server: RunningServer, name: string): Promise<boolean> {
  const { stdout } = await new LdapTools(server).search(
    'cn=schema',
    '-s',
    'base',
    '-o',
    'ldif-wrap=no',
    'objectClasses',
  );
  return stdout.includes(`'${name}'`);
}

describe('the schema of the site', () => {
  it('comes from the files of the instance that the cluster begins with, to all', async () => {
    const [here, there] = [group.server(0), group.server(1)];
    expect([await knows(here, 'sitePlace'), await knows(there, 'sitePlace')]).toEqual([true, true]);
    const added = await new LdapTools(there).add(person('placed', 'objectClass: sitePlace\nsiteFloor: 3\n'));
    expect(added).toMatchObject({ code: 0 });
    await group.caughtUp([1, 0]);
    expect(
      await new LdapTools(here).entries('cn=Root DNs,cn=config', '-s', 'one', '(siteFloor=3)'),
    ).toHaveLength(1);
  });

  it('is changed at one server and in force at all, before the entries that use it', async () => {
    const [here, there] = [new LdapTools(group.server(0)), new LdapTools(group.server(1))];
    const seated = person('seated', 'objectClass: siteSeat\nsiteDesk: A 7\n');
    expect(await here.add(seated)).toMatchObject({ code: 17 });
    expect(await here.modify(change('add', SEAT))).toMatchObject({
      code: 53,
      stderr: expect.stringMatching(/siteSeat .*siteDesk/),
    });
    expect(await here.modify(change('add', DESK, SEAT))).toMatchObject({ code: 0, stderr: '' });
    expect(await here.add(seated)).toMatchObject({ code: 0, stderr: '' });
    await group.caughtUp([0, 1]);
    expect(await there.entries('cn=Root DNs,cn=config', '-s', 'one', '(siteFloor=a 7)')).toHaveLength(1);
    expect(await there.modify(change('delete', SEAT))).toMatchObject({
      code: 53,
      stderr: expect.stringContaining('cn=seated,cn=Root DNs,cn=config uses it'),
    });
    const gone = SEAT.replace('99999.4', '99999.5').replace('siteSeat', 'siteGone');
    expect(await there.modify(change('add', gone))).toMatchObject({ code: 0 });
    expect(await there.add(person('gone', 'objectClass: siteGone\nsiteDesk: B\n'))).toMatchObject({
      code: 0,
    });
    expect(await there.delete('cn=gone,cn=Root DNs,cn=config')).toMatchObject({ code: 0 });
    expect(await there.modify(change('delete', gone))).toMatchObject({ code: 0 });
    await until(async () => !(await knows(group.server(0), 'siteGone')));
  });

  it('is the same after a start, and files of one server are only reported', async () => {
    await group.server(1).kill();
    const stray = SITE.replaceAll('99999', '99998').replaceAll('site', 'stray');
    await writeFile(join(group.server(1).folder, 'schema', '99-stray.ldif'), stray);
    const there = await group.restart(1);
    expect([await knows(there, 'siteSeat'), await knows(there, 'strayPlace')]).toEqual([true, false]);
    await there.waitForLog(({ msg }) =>
      /99-stray\.ldif has 2 definitions that the cluster does not have/.test(msg),
    );
    const [found] = await new LdapTools(there).entries('cn=seated,cn=Root DNs,cn=config', '-s', 'base');
    expect(found?.first('sitedesk')).toBe('A 7');
  });
});

// Real input: the services that nodemailer knows, imported into a server by ldapadd, exported by ldapsearch, and the
// export imported into another server.

import { fileURLToPath } from 'node:url';
import services from 'nodemailer/lib/well-known/services.json' with { type: 'json' };
import { beforeAll, describe, expect, it } from 'vitest';
import { LdapTools, type ProgramResult, plainEntry, runProgram } from './support/ldap-tools.ts';
import { startServer } from './support/start-server.ts';

const SCRIPT = fileURLToPath(new URL('../scripts/well-known-services.ts', import.meta.url));
const WITH_HOST = Object.values(services).filter((service) => 'host' in service).length;

describe('the well-known services of nodemailer', () => {
  let script: ProgramResult;
  let added: ProgramResult;
  let exported: ProgramResult;
  let tools: LdapTools;

  beforeAll(async () => {
    script = await runProgram(process.execPath, [SCRIPT]);
    tools = new LdapTools(await startServer());
    added = await tools.add(script.stdout);
    exported = await tools.search('cn=Mail Servers,cn=config', '(objectClass=ds-cfg-mail-server)');
  });

  it('become LDIF, all that say a host', () => {
    expect(script.code, script.stderr).toBe(0);
    expect(WITH_HOST).toBeGreaterThan(80);
    expect(script.stdout.match(/^dn: /gm)).toHaveLength(WITH_HOST);
    expect(script.stderr).toBe('Maildev is skipped: the list says no host for it.\n');
  });

  it('are all added by ldapadd, and found by ldapsearch as they were written', async () => {
    expect(added.code, added.stderr).toBe(0);
    expect(exported.code, exported.stderr).toBe(0);
    expect(exported.stdout.trim().split('\n\n').sort()).toEqual(script.stdout.trim().split('\n\n').sort());
  });

  it('use SSL from the first byte where the list says so, and StartTLS elsewhere', async () => {
    const inForce = async (name: string) => {
      const [entry] = await tools.entries(`cn=${name},cn=Mail Servers,cn=effective`);
      return entry === undefined ? {} : plainEntry(entry);
    };
    expect(await inForce('Gmail')).toMatchObject({
      'ds-cfg-smtp-server': ['smtp.gmail.com:465'],
      'ds-cfg-use-ssl': ['true'],
      'ds-cfg-use-start-tls': ['false'],
    });
    expect(await inForce('mail.ee')).toMatchObject({
      'ds-cfg-smtp-server': ['smtp.mail.ee:587'],
      'ds-cfg-use-ssl': ['false'],
      'ds-cfg-use-start-tls': ['true'],
    });
  });

  it('are the same in a second server that got the export', async () => {
    const second = new LdapTools(await startServer());
    const again = await second.add(exported.stdout);
    expect(again.code, again.stderr).toBe(0);
    const [ours, theirs] = await Promise.all([tools, second].map((each) => mailServersOf(each)));
    expect(ours).toHaveLength(WITH_HOST);
    expect(theirs).toEqual(ours);
  });
});

async function mailServersOf(tools: LdapTools): Promise<ReturnType<typeof plainEntry>[]> {
  const entries = await tools.entries('cn=Mail Servers,cn=config', '-s', 'one');
  return entries.map(plainEntry).sort((one, other) => String(one.dn).localeCompare(String(other.dn)));
}

// Golden transcripts: commands as they are typed, all that is printed, and the exit code. A change of any word of them is
// seen in the files of `transcripts/`.

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { splitWords } from '../../src/cli/dsconfig/words.ts';
import { accountLdif } from '../support/accounts.ts';
import { runConfdit } from '../support/confdit-program.ts';
import { LdapTools } from '../support/ldap-tools.ts';
import { type RunningServer, startServer } from '../support/start-server.ts';
import { expectTranscript } from '../support/transcript.ts';

const TIMEOUT_MS = 180_000;
const READER = 'reader-password-1';

describe('transcripts', { timeout: TIMEOUT_MS }, () => {
  let server: RunningServer;
  let folder: string;

  beforeAll(async () => {
    server = await startServer();
    folder = await mkdtemp(join(tmpdir(), 'confdit-transcripts-'));
    const reader = accountLdif('reader', { password: READER, privileges: ['config-read'] });
    const added = await new LdapTools(server).add(reader);
    if (added.code !== 0) throw new Error(added.stderr);
  }, TIMEOUT_MS);

  afterAll(() => rm(folder, { recursive: true, force: true }));

  /** Runs the lines one after the other; the port of the server and its password are in the environment. */
  async function record(name: string, lines: readonly string[]): Promise<void> {
    const environment = {
      LDAP_PORT: String(server.port),
      LDAPS_PORT: String(server.ldapsPort),
      PASSWORD: server.password,
      READER,
    };
    let text = '';
    for (const line of lines) {
      const words = splitWords(line.replaceAll('FOLDER', folder));
      const asked = words.includes('--bindDN') ? [] : ['--bindPassword:env', 'PASSWORD'];
      const takesConnection = !['encode-password', 'list-properties', 'help'].includes(words[0] ?? '');
      const ran = await runConfdit([...words, ...(takesConnection ? asked : [])], { environment });
      const code = ran.code === 0 ? '' : `exit code ${ran.code}\n`;
      text += `$ confdit ${line}\n${ran.stdout}${ran.stderr}${code}\n`;
    }
    await expectTranscript(`../cli/transcripts/${name}.txt`, text, {
      [folder]: 'FOLDER',
      [server.folder]: 'INSTANCE',
      [`:${server.ldapsPort}`]: ':LDAPS_PORT',
      [`:${server.port}`]: ':LDAP_PORT',
    });
  }

  it('of mail servers', () =>
    record('mail-server', [
      'list-mail-servers',
      'create-mail-server --server-name "SMTP server" --set enabled:true --set smtp-server:smtp.example.com:587 --set auth-username:me --set auth-password:not-to-be-seen -v',
      'list-mail-servers',
      'list-mail-servers --property smtp-server --property use-ssl',
      'list-mail-servers -s',
      'get-mail-server-prop --server-name "SMTP server"',
      'get-mail-server-prop --server-name "SMTP server" --advanced -v',
      'set-mail-server-prop --server-name "SMTP server" --set use-ssl:true --set use-start-tls:false -v',
      'set-mail-server-prop --server-name "SMTP server" --add smtp-property:mail.smtp.timeout=5000 --reset use-ssl',
      'get-mail-server-prop --server-name "SMTP server" --property smtp-property --property use-ssl --json',
      'delete-mail-server --server-name "SMTP server" -v',
      'delete-mail-server --server-name "SMTP server" --force',
    ]));

  it('of trust manager providers', () =>
    record('trust-manager-provider', [
      'create-trust-manager-provider --provider-name Own --type pem --set enabled:true --set pem-directory:config -v',
      'list-trust-manager-providers',
      'get-trust-manager-provider-prop --provider-name Own',
      'set-trust-manager-provider-prop --provider-name Own --set enabled:false -v',
      'delete-trust-manager-provider --provider-name Own -v',
    ]));

  it('of other objects', () =>
    record('other-objects', [
      'list-key-manager-providers',
      'list-connection-handlers',
      'list-alert-handlers',
      'list-root-dn-users',
      'list-backends',
      'list-properties --category mail-server --property use-ssl --property smtp-property',
    ]));

  it('of files', async () => {
    const lines = ['objectClass: ds-cfg-mail-server', 'ds-cfg-enabled: false'];
    const entry = ['dn: cn=Planned,cn=Mail Servers,cn=config', ...lines, 'ds-cfg-smtp-server: a.example', ''];
    await writeFile(join(folder, 'desired.ldif'), entry.join('\n'));
    await record('files', [
      'plan FOLDER/desired.ldif',
      'apply FOLDER/desired.ldif',
      'apply FOLDER/desired.ldif --no-prompt',
      'plan FOLDER/desired.ldif --detailed-exitcode',
      'delete-mail-server --server-name Planned',
    ]);
  });

  it('of what is refused', () =>
    record('refused', [
      'list-mail-servers --server-nam x',
      'list-mial-servers',
      'create-mail-server --server-name X --set enabled:maybe --set smtp-server:a:99999 --set use-sll:true',
      'create-mail-server --server-name X',
      'create-mail-server --server-name X --set enabled:true --set smtp-server:a --set trust-manager-provider:None',
      'create-trust-manager-provider --provider-name X --set enabled:true',
      'get-mail-server-prop --server-name None',
      'create-mail-server --server-name X --set enabled:true --set smtp-server:a --bindDN cn=reader,cn=Root\\ DNs,cn=config --bindPassword:env READER',
      'list-mail-servers --bindDN uid=admin --bindPassword wrong',
      'list-mail-servers --hostname 127.0.0.1 --port 1',
      'list-mail-servers --useSsl',
      'list-mail-servers --useStartTls',
      'list-mail-servers --useSsl --useStartTls',
      'list-mail-servers --bindPassword:file FOLDER/none --bindDN uid=admin',
      'dsconfig create-mail-server --server-name X --trustAll --set enabled:true',
      'menu',
    ]));
});

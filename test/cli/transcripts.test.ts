// Golden transcripts: commands on a terminal that tmux lends, all that stands on it, and the exit code. A change of any word
// of them is seen in the files of `transcripts/`. Nobody sits at the terminal: what is asked there is in menu.test.ts.

import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { splitWords } from '../../src/cli/dsconfig/words.ts';
import { accountLdif } from '../support/accounts.ts';
import { expectTranscript } from '../support/cases/transcript.ts';
import { removeFolder } from '../support/folders.ts';
import { LdapTools } from '../support/ldap-tools.ts';
import { type RunningServer, startServer } from '../support/start-server.ts';
import { Terminal } from '../support/terminal.ts';

const RECORD_TIMEOUT_MS = 180_000;
const READER = 'reader-password-1';
const TYPED = fileURLToPath(new URL('../support/cases/typed-commands.ts', import.meta.url));
const END = 'END-OF-TRANSCRIPT';
/** Commands that take the options of a connection, and are not given `--offline`. */
const SPEAKING =
  /^(?!.*--offline)(?:dsconfig |create-|list-m|list-[tkcabr]|get-|set-|delete-|plan|apply|status|reload|history|diff|rollback|import|export|menu|verify|send)/;

/** Tables are as wide as the paths in them; how many changes there were before is of no interest. */
function withoutWidths(text: string): string {
  return text
    .replace(/ +: /g, ' : ')
    .replace(/^-+(?::-*)*:-+$/gm, '---')
    .replace(/^\d+ : /gm, 'N : ');
}

/** Each instance has keys of its own. */
function withoutKeys(text: string): string {
  return text.replace(/^# data-key [^\r\n]*/gm, '# data-key ID master-key ID KEY');
}

describe('transcripts', () => {
  let server: RunningServer;
  let folder: string;

  beforeAll(async () => {
    server = await startServer();
    folder = await mkdtemp(join(tmpdir(), 'confdit-transcripts-'));
    const reader = accountLdif('reader', { password: READER, privileges: ['config-read'] });
    const added = await new LdapTools(server).add(reader);
    if (added.code !== 0) throw new Error(added.stderr);
  });

  afterAll(() => removeFolder(folder));

  /** Runs the lines one after the other; the port of the server and its password are in the environment. */
  async function record(name: string, lines: readonly string[]): Promise<void> {
    const typed = lines.map((line) => {
      const words = splitWords(line.replaceAll('FOLDER', folder));
      const asked =
        words.includes('--bindDN') || !SPEAKING.test(line) ? [] : ['--bindPassword:env', 'PASSWORD'];
      return [line, ...words, ...asked];
    });
    const file = join(folder, 'typed.json');
    await writeFile(file, JSON.stringify(typed));
    const terminal = await Terminal.start(
      `'${process.execPath}' '${TYPED}' '${file}' < /dev/null; echo ${END}`,
      {
        folder,
        environment: {
          LDAP_PORT: String(server.port),
          LDAPS_PORT: String(server.ldapsPort),
          PASSWORD: server.password,
          READER,
        },
      },
    );
    try {
      await terminal.until(END, RECORD_TIMEOUT_MS);
      const text = (await terminal.everything()).split(END, 1)[0] ?? '';
      await expectTranscript(
        `test/cli/transcripts/${name}.txt`,
        withoutKeys(name === 'server' ? withoutWidths(text) : text),
        {
          [folder]: 'FOLDER',
          [encodeURIComponent(server.folder)]: 'INSTANCE',
          [server.folder]: 'INSTANCE',
          [`:${server.ldapsPort}`]: ':LDAPS_PORT',
          [`:${server.port}`]: ':LDAP_PORT',
        },
      );
    } finally {
      await terminal.end();
    }
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
      'delete-mail-server --server-name "SMTP server"',
      'delete-mail-server --server-name "SMTP server" -n -v',
      'delete-mail-server --server-name "SMTP server" --force -n',
    ]));

  it('of trust manager providers', () =>
    record('trust-manager-provider', [
      'create-trust-manager-provider --provider-name Own --type pem --set enabled:true --set pem-directory:config/keys -v',
      'list-trust-manager-providers',
      'get-trust-manager-provider-prop --provider-name Own',
      'set-trust-manager-provider-prop --provider-name Own --set enabled:false -v',
      'delete-trust-manager-provider --provider-name Own -n -v',
    ]));

  it('of other objects', () =>
    record('other-objects', [
      'list-key-manager-providers',
      'list-connection-handlers',
      'list-alert-handlers',
      'list-root-dn-users',
      'list-backends',
      'list-properties --category mail-server --property use-ssl --property smtp-property',
      'create-key-manager-provider --provider-name Own --type pem --set enabled:false --set pem-directory:config -v',
      'get-key-manager-provider-prop --provider-name Own',
      'set-key-manager-provider-prop --provider-name Own --set pem-directory:other -v',
      'delete-key-manager-provider --provider-name Own -n -v',
      'create-connection-handler --handler-name Own --type ldap --set enabled:false --set listen-port:3389 -v',
      'get-connection-handler-prop --handler-name Own',
      'set-connection-handler-prop --handler-name Own --set listen-port:70000',
      'set-connection-handler-prop --handler-name Own --set listen-port:3390 -v',
      'delete-connection-handler --handler-name Own -n -v',
      'create-alert-handler --handler-name Own --type smtp --set enabled:false --set sender-address:a@example.com --set recipient-address:b@example.com --set message-subject:%%alert-type%% --set message-body:%%alert-message%% -v',
      'get-alert-handler-prop --handler-name Own',
      'set-alert-handler-prop --handler-name Own --add recipient-address:c@example.com -v',
      'delete-alert-handler --handler-name Own -n -v',
      'create-root-dn-user --user-name Own --set privilege:config-read --set password:a-password-1 -v',
      'get-root-dn-user-prop --user-name Own',
      'set-root-dn-user-prop --user-name Own --add privilege:monitor-read -v',
      'set-root-dn-user-prop --user-name Own --set privilege:config-raed',
      'delete-root-dn-user --user-name Own -n -v',
      'create-backend --backend-name Own --type memory --set enabled:false --set base-dn:dc=example -v',
      'get-backend-prop --backend-name Own',
      'set-backend-prop --backend-name Own --set base-dn:dc=other -v',
      'delete-backend --backend-name Own -n -v',
      'get-global-configuration-prop --property mail-lifetime --unit-time h',
      'set-global-configuration-prop --set mail-lifetime:soon',
      'set-global-configuration-prop --set "mail-lifetime:3 d" -v',
      'set-global-configuration-prop --reset mail-lifetime -v',
    ]));

  it('of the server', () =>
    record('server', [
      'create-mail-server --server-name Relay --set enabled:true --set smtp-server:localhost:1',
      'set-mail-server-prop --server-name Relay --set use-ssl:true --set use-start-tls:false',
      'set-mail-server-prop --server-name Relay --set priority:1',
      'set-mail-server-prop --server-name Relay --set priority:2',
      'set-mail-server-prop --server-name Relay --reset priority -v',
      'verify-mail-server --server-name Relay',
      'send-test-message --server-name Relay --from a@example.com --to b@example.com',
      'reload',
      'status',
      'status --bindDN cn=reader,cn=Root\\ DNs,cn=config --bindPassword:env READER',
      'delete-mail-server --server-name Relay -n',
      'dsconfig --help-security',
    ]));

  it('of an instance whose server is down', async () => {
    await writeFile(join(folder, 'wrong.ldif'), 'dn: cn=W,cn=Mail Servers,cn=config\nds-cfg-enabled: no\n');
    await writeFile(
      join(folder, 'mail.ldif'),
      'dn: cn=One,cn=Mail Servers,cn=config\nds-cfg-smtp-server: a.example\nDS-CFG-ENABLED: false\nobjectClass: ds-cfg-mail-server\n',
    );
    const offline = '--offline --instance FOLDER/made';
    await record('instance', [
      'init --instance FOLDER/made',
      'init --instance FOLDER/made',
      'fmt --check FOLDER/mail.ldif',
      'fmt FOLDER/mail.ldif',
      'validate FOLDER/mail.ldif FOLDER/wrong.ldif',
      'validate --format github FOLDER/wrong.ldif',
      `plan FOLDER/mail.ldif ${offline}`,
      `import-ldif FOLDER/mail.ldif ${offline}`,
      `list-mail-servers ${offline}`,
      `set-mail-server-prop --server-name One --set priority:7 ${offline}`,
      `history ${offline}`,
      `diff 2 ${offline}`,
      `rollback --to 2 --yes ${offline}`,
      `export-ldif ${offline} --baseDN "cn=Mail Servers,cn=config"`,
      'check --instance FOLDER/made',
      'repair --instance FOLDER/made',
      'backup FOLDER/backup.tar --instance FOLDER/made',
      'restore FOLDER/backup.tar --verify-only --instance FOLDER/made',
      'restore FOLDER/wrong.ldif --instance FOLDER/made',
      'encode-password --encodedPassword nonsense --clearPassword typed',
      'completion tcsh',
      'edit',
      'start --instance FOLDER/never --define nonsense',
    ]);
  });

  it('of files', async () => {
    const lines = ['objectClass: ds-cfg-mail-server', 'ds-cfg-enabled: false'];
    const entry = ['dn: cn=Planned,cn=Mail Servers,cn=config', ...lines, 'ds-cfg-smtp-server: a.example', ''];
    await writeFile(join(folder, 'desired.ldif'), entry.join('\n'));
    await record('files', [
      'plan FOLDER/desired.ldif',
      'apply FOLDER/desired.ldif',
      'apply FOLDER/desired.ldif --no-prompt',
      'plan FOLDER/desired.ldif --detailed-exitcode',
      'delete-mail-server --server-name Planned -n',
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

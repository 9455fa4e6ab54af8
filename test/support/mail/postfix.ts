// Debian's Postfix with a configuration and a queue of its own: submission with STARTTLS and a login by Cyrus SASL, and
// the same with implicit TLS. Postfix must be started by root.

import { chmod, chown, mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Issued } from '../certificates.ts';
import { freePort } from '../free-port.ts';
import { runProgram } from '../ldap-tools.ts';
import { type AgentUser, MailTransferAgent } from './mail-transfer-agent.ts';

const MASTER = '/usr/lib/postfix/sbin/master';
const HOST = 'postfix.example.com';
/** As `postfix check` makes them. */
const QUEUES = [
  ...['active', 'bounce', 'corrupt', 'defer', 'deferred', 'flush', 'hold', 'incoming', 'private', 'saved'],
  'trace',
];

/** Whom Debian's package has made for Postfix. */
interface Owner {
  readonly user: number;
  readonly group: number;
}

export async function startPostfix(certificate: Issued, user: AgentUser): Promise<MailTransferAgent> {
  if (process.getuid?.() !== 0) throw new Error('Postfix must be started by root: run these tests as root.');
  const folder = await mkdtemp(join(tmpdir(), 'confdit-postfix-'));
  await chmod(folder, 0o755);
  const [startTlsPort, tlsPort] = [await freePort(), await freePort()];
  const owner = { user: await idOf('passwd', 'postfix'), group: await idOf('group', 'postfix') };
  await makeFolders(folder, owner);
  await writeFile(join(folder, 'etc', 'main.cf'), mainConfiguration(folder, owner));
  await writeFile(join(folder, 'etc', 'master.cf'), services(startTlsPort, tlsPort));
  await writeFile(join(folder, 'etc', 'key.pem'), certificate.key, { mode: 0o600 });
  await writeFile(join(folder, 'etc', 'certificate.pem'), certificate.certificate);
  await makeUser(folder, user);
  return MailTransferAgent.start({
    program: MASTER,
    words: ['-c', join(folder, 'etc'), '-d'],
    environment: { MAIL_CONFIG: join(folder, 'etc') },
    folder,
    inbox: join(folder, 'mail', 'inbox', 'new'),
    logFile: join(folder, 'log'),
    startTlsPort,
    tlsPort,
  });
}

async function makeFolders(folder: string, { user }: Owner): Promise<void> {
  const postdrop = await idOf('group', 'postdrop');
  for (const name of ['etc', 'etc/sasl', 'queue', 'queue/pid', 'data', 'mail'])
    await mkdir(join(folder, name));
  for (const name of QUEUES) {
    await mkdir(join(folder, 'queue', name), { mode: 0o700 });
    await chown(join(folder, 'queue', name), user, 0);
  }
  for (const [name, mode] of [['maildrop', 0o730] as const, ['public', 0o710] as const]) {
    await mkdir(join(folder, 'queue', name));
    await chown(join(folder, 'queue', name), user, postdrop);
    await chmod(join(folder, 'queue', name), mode);
  }
  await chown(join(folder, 'data'), user, 0);
  await chown(join(folder, 'mail'), user, 0);
}

function mainConfiguration(folder: string, owner: Owner): string {
  return `
compatibility_level = 3.6
queue_directory = ${folder}/queue
data_directory = ${folder}/data
maillog_file = ${folder}/log
maillog_file_prefixes = ${folder}
inet_interfaces = loopback-only
inet_protocols = ipv4
myhostname = ${HOST}
mydestination =
alias_maps =
alias_database =
virtual_mailbox_domains = example.com
virtual_mailbox_base = ${folder}/mail
virtual_mailbox_maps = static:inbox/
virtual_minimum_uid = 1
virtual_uid_maps = static:${owner.user}
virtual_gid_maps = static:${owner.group}
smtpd_tls_cert_file = ${folder}/etc/certificate.pem
smtpd_tls_key_file = ${folder}/etc/key.pem
smtpd_sasl_auth_enable = yes
smtpd_sasl_type = cyrus
smtpd_sasl_path = smtpd
cyrus_sasl_config_path = ${folder}/etc/sasl
smtpd_client_restrictions = permit_sasl_authenticated, reject
smtpd_relay_restrictions = permit_sasl_authenticated, reject
smtpd_client_connection_count_limit = 0
`;
}

function services(startTlsPort: number, tlsPort: number): string {
  return `
127.0.0.1:${startTlsPort} inet n - n - - smtpd
  -o smtpd_tls_security_level=encrypt -o smtpd_tls_auth_only=yes
127.0.0.1:${tlsPort} inet n - n - - smtpd
  -o smtpd_tls_wrappermode=yes
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
virtual unix - n n - - virtual
error unix - - n - - error
anvil unix - - n - 1 anvil
tlsmgr unix - - n 1000? 1 tlsmgr
proxymap unix - - n - - proxymap
postlog unix-dgram n - n - 1 postlogd
`;
}

async function makeUser(folder: string, { name, password }: AgentUser): Promise<void> {
  const database = join(folder, 'etc', 'sasldb2');
  const lines = ['pwcheck_method: auxprop', 'auxprop_plugin: sasldb', 'mech_list: PLAIN LOGIN CRAM-MD5'];
  await writeFile(
    join(folder, 'etc', 'sasl', 'smtpd.conf'),
    [...lines, `sasldb_path: ${database}`, ''].join('\n'),
  );
  const words = ['-p', '-c', '-f', database, '-u', HOST, name];
  const { code, stderr } = await runProgram('/usr/sbin/saslpasswd2', words, password);
  if (code !== 0) throw new Error(`saslpasswd2 failed: ${stderr}`);
  await chown(database, 0, await idOf('group', 'postfix'));
  await chmod(database, 0o640);
}

async function idOf(database: 'passwd' | 'group', name: string): Promise<number> {
  const { stdout } = await runProgram('getent', [database, name]);
  return Number(stdout.split(':')[2]);
}

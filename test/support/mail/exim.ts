// Debian's Exim, unpacked by scripts/set-up.mjs without being installed: mail servers exclude each other as packages. It
// wants a user of its own, which libnss_wrapper pretends there is.

import { chmod, chown, mkdir, mkdtemp, readdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Issued } from '../certificates.ts';
import { freePort } from '../free-port.ts';
import { type AgentUser, MailTransferAgent } from './mail-transfer-agent.ts';

const UNPACKED = fileURLToPath(new URL('../../../node_modules/.cache/confdit-exim/', import.meta.url));
const EXIM = join(UNPACKED, 'usr', 'sbin', 'exim4');
/** Exim refuses to be root: then it is Debian's user `daemon`. */
const DAEMON = 1;

export async function startExim(certificate: Issued, user: AgentUser): Promise<MailTransferAgent> {
  const folder = await mkdtemp(join(tmpdir(), 'confdit-exim-'));
  await chmod(folder, 0o755);
  const isRoot = process.getuid?.() === 0;
  const [uid, gid] = isRoot ? [DAEMON, DAEMON] : [process.getuid?.() ?? DAEMON, process.getgid?.() ?? DAEMON];
  for (const name of ['spool', 'log', 'mail', 'etc']) {
    await mkdir(join(folder, name));
    if (isRoot) await chown(join(folder, name), uid, gid);
  }
  const [startTlsPort, tlsPort] = [await freePort(), await freePort()];
  const files: Readonly<Record<string, string>> = {
    passwd: `root:x:0:0::/:/bin/sh\nDebian-exim:x:${uid}:${gid}::/:/bin/false\n`,
    group: `root:x:0:\nDebian-exim:x:${gid}:\n`,
    'key.pem': certificate.key,
    'certificate.pem': certificate.certificate,
    'exim.conf': configuration({ folder, startTlsPort, tlsPort, uid, gid, user }),
  };
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, 'etc', name), text);
  const libraries = await libraryFolder();
  return MailTransferAgent.start({
    program: EXIM,
    words: ['-C', join(folder, 'etc', 'exim.conf'), '-bdf', '-q1m'],
    environment: {
      LD_LIBRARY_PATH: libraries,
      LD_PRELOAD: join(libraries, 'libnss_wrapper.so'),
      NSS_WRAPPER_PASSWD: join(folder, 'etc', 'passwd'),
      NSS_WRAPPER_GROUP: join(folder, 'etc', 'group'),
    },
    folder,
    inbox: join(folder, 'mail', 'new'),
    logFile: join(folder, 'log', 'mainlog'),
    startTlsPort,
    tlsPort,
  });
}

/** Debian keeps the libraries of each processor in a folder of its own. */
async function libraryFolder(): Promise<string> {
  const folder = join(UNPACKED, 'usr', 'lib');
  const [name] = (await readdir(folder)).filter((one) => one.includes('-linux-'));
  return join(folder, name ?? '');
}

interface Settings {
  readonly folder: string;
  readonly startTlsPort: number;
  readonly tlsPort: number;
  readonly uid: number;
  readonly gid: number;
  readonly user: AgentUser;
}

function configuration({ folder, startTlsPort, tlsPort, uid, gid, user }: Settings): string {
  return `
primary_hostname = exim.example.com
exim_path = ${EXIM}
deliver_drop_privilege = true
spool_directory = ${folder}/spool
log_file_path = ${folder}/log/%slog
pid_file_path = ${folder}/spool/exim.pid
keep_environment = LD_LIBRARY_PATH : LD_PRELOAD : NSS_WRAPPER_PASSWD : NSS_WRAPPER_GROUP
local_interfaces = 127.0.0.1
daemon_smtp_ports = ${startTlsPort} : ${tlsPort}
tls_on_connect_ports = ${tlsPort}
tls_advertise_hosts = *
tls_certificate = ${folder}/etc/certificate.pem
tls_privatekey = ${folder}/etc/key.pem
auth_advertise_hosts = *
acl_smtp_rcpt = check_recipient
begin acl
check_recipient:
  accept authenticated = *
  deny message = log in first
begin routers
all:
  driver = accept
  transport = inbox
begin transports
inbox:
  driver = appendfile
  directory = ${folder}/mail
  maildir_format
  create_directory
  user = ${uid}
  group = ${gid}
begin authenticators
PLAIN:
  driver = plaintext
  public_name = PLAIN
  server_prompts = :
  server_condition = \${if and {{eq{$auth2}{${user.name}}}{eq{$auth3}{${user.password}}}}}
  server_set_id = $auth2
  server_advertise_condition = \${if def:tls_in_cipher}
`;
}

/**
 * Starts OpenLDAP's slapd with a tree of the same shape and length of names as confdit's.
 *
 * It runs as Debian ships it: mdb with every change synced, its default threads, no log; the attributes that are searched have
 * an equality index. The administrator is the database's rootdn, which skips access control: the fastest that slapd has.
 */
import { createHash, randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { addRequest, bindRequest, message } from '../../test/support/ber-bytes.ts';
import type { Target } from '../requests.ts';
import { ResponseCounter } from '../response-counter.ts';
import { findFreePort, type Stage } from '../stage.ts';
import { writeKey } from './key.ts';
import { accepts, type Launch, launch, type RunningServer, type ServerKind } from './server.ts';

const programs = ['/usr/sbin/slapd', '/usr/libexec/slapd', '/usr/local/libexec/slapd', '/usr/lib/slapd'];
const moduleFolders = ['/usr/lib/ldap', '/usr/lib/openldap', '/usr/lib64/openldap', '/usr/libexec/openldap'];
const suffix = 'cn=mirror';
const container = `cn=Mail Servers,${suffix}`;
const bindDn = `cn=admin,cn=Root DNs,${suffix}`;
const password = 'bench-password-1';
const MAXIMUM_BYTES = 4 * 1024 ** 3;

export const slapdTarget: Target = { container, bindDn, password };

/** The entries above the mail servers, as LDIF. */
export const containerEntries =
  `dn: ${suffix}\nobjectClass: top\nobjectClass: ds-cfg-branch\ncn: mirror\n\n` +
  `dn: ${container}\nobjectClass: top\nobjectClass: ds-cfg-branch\ncn: Mail Servers\n\n`;

/** OpenLDAP's slapd, from the operating system. */
export const slapd: ServerKind = { name: 'slapd', start: startSlapd };

/** Where slapd is installed, or undefined. */
export function findSlapd(): string | undefined {
  return programs.find((path) => existsSync(path));
}

async function startSlapd(...[stage, folder]: Parameters<ServerKind['start']>): Promise<RunningServer> {
  const port = await findFreePort();
  const isNew = !existsSync(join(folder, 'data'));
  if (isNew) writeSettings(folder);
  const server = await startSlapdAt(stage, folder, port);
  if (isNew) await addContainers(port);
  return server;
}

/** Starts slapd on a folder that has its settings. */
export async function startSlapdAt(
  stage: Stage,
  folder: string,
  port: number,
  core?: Launch['core'],
): Promise<RunningServer> {
  const program = findSlapd();
  if (program === undefined) throw new Error('slapd is not installed');
  const ldapsPort = await findFreePort();
  return launch(stage, {
    name: 'slapd',
    core,
    command: [
      program,
      '-d',
      '0',
      '-f',
      join(folder, 'slapd.conf'),
      '-h',
      `ldap://127.0.0.1:${port} ldaps://127.0.0.1:${ldapsPort}`,
    ],
    logFile: join(folder, 'slapd.log'),
    port,
    ldapsPort,
    target: slapdTarget,
    isReady: () => accepts(port),
  });
}

/** Lines of slapd.conf for a server that shares its content: before the databases, and in the one that is shared. */
export interface SharingLines {
  readonly modules: readonly string[];
  readonly global: readonly string[];
  readonly database: readonly string[];
}

const NOT_SHARED: SharingLines = { modules: [], global: [], database: [] };

/** Makes a configuration and an empty database in a folder. */
export function writeSettings(folder: string, sharing = NOT_SHARED): void {
  mkdirSync(join(folder, 'data'));
  writeFileSync(join(folder, 'bench.schema'), schema);
  const keyFile = writeKey(folder);
  const modules = moduleFolders.find((path) => existsSync(join(path, 'back_mdb.la')));
  const lines = [
    `include ${join(folder, 'bench.schema')}`,
    ...(modules === undefined
      ? []
      : [`modulepath ${modules}`, ...['back_mdb', ...sharing.modules].map((name) => `moduleload ${name}`)]),
    ...sharing.global,
    `pidfile ${join(folder, 'slapd.pid')}`,
    'loglevel 0',
    `TLSCertificateFile ${keyFile}`,
    `TLSCertificateKeyFile ${keyFile}`,
    'database mdb',
    `suffix "${suffix}"`,
    `rootdn "${bindDn}"`,
    `rootpw ${hashPassword(password)}`,
    `directory ${join(folder, 'data')}`,
    `maxsize ${MAXIMUM_BYTES}`,
    'index objectClass,cn,ds-cfg-smtp-server eq',
    ...sharing.database,
  ];
  writeFileSync(join(folder, 'slapd.conf'), `${lines.join('\n')}\n`, { mode: 0o600 });
}

/** The classes and attributes that a mail server needs; numbers from a UUID arc of the benchmark's own. */
const schema = `
objectidentifier bench 2.25.263571264387546152380291884217335098143
attributetype ( bench:1.1 NAME 'ds-cfg-enabled' EQUALITY booleanMatch
  SYNTAX 1.3.6.1.4.1.1466.115.121.1.7 SINGLE-VALUE )
attributetype ( bench:1.2 NAME 'ds-cfg-smtp-server' EQUALITY caseIgnoreMatch
  SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 SINGLE-VALUE )
attributetype ( bench:1.3 NAME 'ds-cfg-smtp-property' EQUALITY caseExactMatch
  SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 )
objectclass ( bench:2.1 NAME 'ds-cfg-branch' SUP top STRUCTURAL MUST cn )
objectclass ( bench:2.2 NAME 'ds-cfg-mail-server' SUP top STRUCTURAL
  MUST ( cn $ ds-cfg-enabled $ ds-cfg-smtp-server ) MAY ds-cfg-smtp-property )
`;

/** Salted SHA-1, what slapd itself would make of a new password. */
function hashPassword(text: string): string {
  const salt = randomBytes(8);
  const digest = createHash('sha1').update(text).update(salt).digest();
  return `{SSHA}${Buffer.concat([digest, salt]).toString('base64')}`;
}

/** Adds the entries above the mail servers. */
export function addContainers(port: number): Promise<void> {
  const branch = (dn: string, name: string) =>
    addRequest(dn, [
      ['objectClass', ['top', 'ds-cfg-branch']],
      ['cn', [name]],
    ]);
  const requests = [
    bindRequest(bindDn, password),
    branch(suffix, 'mirror'),
    branch(container, 'Mail Servers'),
  ];
  const counter = new ResponseCounter(0);
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1');
    const sendNext = () => {
      const request = requests[counter.finals];
      if (request === undefined) socket.end(resolve);
      else socket.write(message(counter.finals + 1, request));
    };
    socket.once('connect', sendNext);
    socket.once('error', reject);
    socket.on('data', (chunk) => {
      try {
        if (counter.read(chunk, chunk.length) > 0) sendNext();
      } catch (error) {
        socket.destroy();
        reject(error);
      }
    });
  });
}

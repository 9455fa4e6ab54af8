// Gets a fresh clone ready: the npm packages, and with --clients the Debian packages whose programs the tests talk to.
//
// It runs before every `npm start` and `npm test`, so it must cost nothing when there is nothing to do. It also runs before
// the Node.js of this project is installed: plain JavaScript, built-in modules only, nothing newer than Node.js 18.

import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * What the tests talk to: the program (or the library) that shows a package is there, and the Debian package that brings it.
 * A package that also brings a service of the program's name says where the service keeps its process id.
 */
const CLIENTS = [
  { program: 'ldapsearch', debianPackage: 'ldap-utils' },
  { program: 'openssl', debianPackage: 'openssl' },
  { program: 'groff', debianPackage: 'groff-base' },
  { program: 'tmux', debianPackage: 'tmux' },
  { program: 'zsh', debianPackage: 'zsh' },
  { program: 'fish', debianPackage: 'fish' },
  { program: 'keytool', debianPackage: 'default-jre-headless' },
  { library: 'sasl2/libscram.so', debianPackage: 'libsasl2-modules' },
  { program: 'slapd', debianPackage: 'slapd', processIdFile: '/run/slapd/slapd.pid' },
  { library: 'python3/dist-packages/ldap3/__init__.py', debianPackage: 'python3-ldap3' },
  { library: 'python3/dist-packages/ldap/__init__.py', debianPackage: 'python3-ldap' },
  { library: 'perl5/Net/LDAP.pm', debianPackage: 'libnet-ldap-perl' },
  { library: 'perl5/IO/Socket/SSL.pm', debianPackage: 'libio-socket-ssl-perl' },
  { library: 'perl5/Authen/SASL.pm', debianPackage: 'libauthen-sasl-perl' },
  { program: 'shelldap', debianPackage: 'shelldap' },
  { program: 'ldapvi', debianPackage: 'ldapvi' },
  { program: 'ansible-playbook', debianPackage: 'ansible' },
  { program: 'jxplorer', debianPackage: 'jxplorer' },
  { program: 'javac', debianPackage: 'default-jdk-headless' },
  { program: 'Xvfb', debianPackage: 'xvfb' },
  { program: 'chromium', debianPackage: 'chromium' },
  { program: 'php', debianPackage: 'php-cli' },
  { library: 'curl.so', debianPackage: 'php-curl' },
  { library: 'gd.so', debianPackage: 'php-gd' },
  { library: 'gmp.so', debianPackage: 'php-gmp' },
  { library: 'ldap.so', debianPackage: 'php-ldap' },
  { library: 'mbstring.so', debianPackage: 'php-mbstring' },
  { library: 'xml.so', debianPackage: 'php-xml' },
  { library: 'zip.so', debianPackage: 'php-zip' },
  {
    program: 'postconf',
    debianPackage: 'postfix',
    // The tests bring a configuration of their own; without one the package has no service to start.
    answer: 'postfix postfix/main_mailer_type select No configuration',
  },
  { program: 'saslpasswd2', debianPackage: 'sasl2-bin' },
  { program: 'etcd', debianPackage: 'etcd-server' },
  { program: 'etcdctl', debianPackage: 'etcd-client' },
  { program: 'ip', debianPackage: 'iproute2' },
  { program: 'nft', debianPackage: 'nftables' },
  { program: 'strace', debianPackage: 'strace' },
  { library: 'faketime/libfaketime.so.1', debianPackage: 'libfaketime' },
];

/**
 * What is unpacked, not installed, each into a folder of its own, and a file that shows it is there. Mail servers exclude each
 * other as packages; tools that are web pages would bring a web server, which the tests do not need.
 */
const UNPACKED = [
  {
    folder: join('node_modules', '.cache', 'confdit-exim'),
    file: join('usr', 'sbin', 'exim4'),
    debianPackages: ['exim4-daemon-light', 'libidn12', 'libnss-wrapper'],
  },
  {
    folder: join('node_modules', '.cache', 'confdit-ldap-account-manager'),
    file: join('usr', 'share', 'ldap-account-manager', 'index.html'),
    debianPackages: ['ldap-account-manager'],
  },
  {
    folder: join('node_modules', '.cache', 'confdit-phpldapadmin'),
    file: join('usr', 'share', 'phpldapadmin', 'index.php'),
    debianPackages: ['phpldapadmin'],
  },
];

/** Debian keeps servers where an ordinary user's PATH does not look. */
const SYSTEM_FOLDERS = ['/usr/local/sbin', '/usr/sbin', '/sbin'];

const NODE_MAJOR_MIN = 24;

const root = fileURLToPath(new URL('..', import.meta.url));

installNpmPackages();
if (process.argv.includes('--clients')) {
  installClients();
  for (const one of UNPACKED) unpack(one);
}

function installNpmPackages() {
  const reason = reasonToInstall();
  if (reason !== undefined) {
    say(`installing the npm packages (${reason}) …`);
    // The runtime itself is a dev dependency, hence --include=dev; only errors are of interest, hence the log level.
    const options = ['ci', '--include=dev', '--no-fund', '--no-audit', '--loglevel=error'];
    const npm = process.env.npm_execpath;
    const [command, first] = npm?.endsWith('.js') ? [process.execPath, [npm]] : ['npm', []];
    const result = run(command, [...first, ...options]);
    if (result.status !== 0) {
      fail(`The npm packages could not be installed:\n${result.output}\nType "npm ci" to try again by hand.`);
    }
  }
  requireNode();
}

/** Why node_modules does not fit package-lock.json, or undefined when it does. Times say nothing: git sets new ones. */
function reasonToInstall() {
  const installed = readPackages(join('node_modules', '.package-lock.json'));
  if (installed === undefined) return 'none are there yet';
  const wanted = readPackages('package-lock.json');
  if (wanted === undefined)
    fail('package-lock.json is missing or is not JSON. Type "git checkout package-lock.json".');
  for (const [path, entry] of Object.entries(wanted)) {
    if (path === '') continue;
    const found = installed[path];
    // Packages for other systems are optional and stay away.
    if (found === undefined && (entry.optional || entry.devOptional || entry.peer)) continue;
    const fits = found?.version === entry.version && found?.integrity === entry.integrity;
    const name = path.replace(/^.*node_modules\//, '');
    if (!fits) return `${name} is not at ${entry.version}`;
    if (!existsSync(join(root, path))) return `${name} is gone`;
  }
  return undefined;
}

function readPackages(path) {
  try {
    return JSON.parse(readFileSync(join(root, path), 'utf8')).packages;
  } catch {
    return undefined;
  }
}

/** The package `node` gets its program from an install script, which a setting of npm may have turned off. */
function requireNode() {
  if (existsSync(join(root, 'node_modules', 'node', 'bin', 'node'))) return;
  const major = Number(process.versions.node.split('.')[0]);
  if (major >= NODE_MAJOR_MIN) return;
  fail(
    `confdit needs Node.js ${NODE_MAJOR_MIN}; this is ${process.versions.node}, and npm did not install the newer one ` +
      'because install scripts are turned off. Type "npm rebuild node --ignore-scripts=false".',
  );
}

function installClients() {
  const folders = [...(process.env.PATH ?? '').split(delimiter), ...SYSTEM_FOLDERS];
  const libraries = libraryFolders();
  const missing = CLIENTS.filter(({ program, library }) =>
    program === undefined
      ? !libraries.some((folder) => existsSync(join(folder, library)))
      : !folders.some((folder) => isExecutable(join(folder, program))),
  );
  if (missing.length === 0) return;
  const packages = missing.map(({ debianPackage }) => debianPackage);
  const programs = missing.map(({ program, library }) => program ?? library).join(' and ');
  const prefix = rootPrefix();
  if (!folders.some((folder) => isExecutable(join(folder, 'apt-get'))) || prefix === undefined) {
    lack(programs, packages);
    return;
  }
  say(`installing the Debian packages ${packages.join(' ')} …`);
  for (const { answer } of missing) {
    if (answer !== undefined) runAs(prefix, ['sh', '-c', 'echo "$0" | debconf-set-selections', answer]);
  }
  // Whatever is there stays: a machine may have a mail server of its own.
  const install = ['apt-get', 'install', '-y', '-qq', '--no-remove', '--no-install-recommends', ...packages];
  let result = runQuietly(prefix, install);
  if (result.status !== 0) {
    // The package lists of a fresh container are empty or old.
    runQuietly(prefix, ['apt-get', 'update', '-qq']);
    result = runQuietly(prefix, install);
  }
  if (result.status !== 0) lack(programs, packages, result.output);
  else for (const client of missing) stopService(prefix, client);
}

/** Downloading takes no rights, and what is unpacked is in nobody's way. */
function unpack({ folder: place, file, debianPackages }) {
  const folder = join(root, place);
  if (existsSync(join(folder, file))) return;
  say(`unpacking the Debian packages ${debianPackages.join(' ')} …`);
  mkdirSync(folder, { recursive: true });
  const download = ['sh', '-c', 'cd "$0" && apt-get download -qq "$@"', folder, ...debianPackages];
  let result = runQuietly([], download);
  if (result.status !== 0) {
    const prefix = rootPrefix();
    if (prefix !== undefined) runQuietly(prefix, ['apt-get', 'update', '-qq']);
    result = runQuietly([], download);
  }
  const unpacking = 'cd "$0" && for package in *.deb; do dpkg -x "$package" . || exit 1; done && rm -- *.deb';
  if (result.status === 0) result = runQuietly([], ['sh', '-c', unpacking, folder]);
  if (result.status !== 0) lack(debianPackages[0], debianPackages, result.output);
}

/**
 * Debian keeps the libraries of each processor in a folder of its own, Perl's with what is for all of them, and PHP's in one
 * for each version.
 */
function libraryFolders() {
  const ofProcessors = foldersIn('/usr/lib').filter((path) => path.includes('-linux-'));
  return ['/usr/lib', '/usr/lib64', '/usr/share', ...ofProcessors, ...foldersIn('/usr/lib/php')];
}

function foldersIn(folder) {
  return existsSync(folder) ? readdirSync(folder).map((name) => join(folder, name)) : [];
}

/** What to put before a command so that it runs as root; undefined when that takes a password. */
function rootPrefix() {
  if (process.getuid?.() === 0) return [];
  return run('sudo', ['-n', 'true']).status === 0 ? ['sudo', '-n'] : undefined;
}

/** Runlevel 1 and "systemd is offline" keep Debian from starting the service that a package brings. */
function runQuietly(prefix, command) {
  const settings = ['DEBIAN_FRONTEND=noninteractive', 'RUNLEVEL=1', 'SYSTEMD_OFFLINE=1'];
  return runAs(prefix, ['env', ...settings, ...command]);
}

function runAs(prefix, command) {
  const [first, ...rest] = [...prefix, ...command];
  return run(first, rest);
}

/** Should a package have started its service after all, stops it, and keeps it from starting with the machine. */
function stopService(prefix, { program, processIdFile }) {
  if (processIdFile === undefined) return;
  const id = readText(processIdFile);
  if (/^\d+$/.test(id) && readText(`/proc/${id}/comm`) === program) runAs(prefix, ['kill', id]);
  if (existsSync('/run/systemd/system')) runAs(prefix, ['systemctl', 'disable', '--quiet', program]);
}

/** The text of a small file without the spaces around it; empty when it cannot be read. */
function readText(path) {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    return '';
  }
}

/** Says what to type. On a developer's machine the other tests still run; in CI a missing client is a failure. */
function lack(programs, packages, output = '') {
  const text =
    `${output}The tests talk to ${programs}, which cannot be installed from here. ` +
    `Type "sudo apt-get install ${packages.join(' ')}".`;
  if (process.env.CI) fail(text);
  say(text);
}

function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function run(command, options) {
  const result = spawnSync(command, options, {
    cwd: root,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    maxBuffer: 64 * 1024 * 1024,
  });
  const output = `${result.stdout ?? ''}${result.stderr ?? ''}${result.error?.message ?? ''}`;
  return { status: result.status, output };
}

/** To standard error, so that the output of what comes after stays its own. */
function say(text) {
  process.stderr.write(`set-up: ${text}\n`);
}

function fail(text) {
  say(text);
  process.exit(1);
}

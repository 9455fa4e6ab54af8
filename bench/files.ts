/**
 * LDIF files at scale: `confdit import-ldif` against slapadd and ldapadd, then a start on what was imported and the memory that
 * it takes. Only when the part is named, and only of confdit and slapd.
 */
import { once } from 'node:events';
import { createWriteStream, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { finished } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { type Row, type Sample, sampleOf } from './figures.ts';
import { mailServerAttributes, type Target } from './requests.ts';
import { confdit } from './servers/confdit.ts';
import type { RunningServer } from './servers/server.ts';
import { containerEntries, slapd, slapdTarget, writeSettings } from './servers/slapd.ts';
import type { Bench } from './speed.ts';
import { BOTH_CORES, LOAD_CORE } from './stage.ts';

const program = fileURLToPath(new URL('../src/bin/confdit.ts', import.meta.url));
const confditContainer = 'cn=Mail Servers,cn=config';
/** Of the entries of the offline import so many times fewer are imported online: slapd syncs each. */
const ONLINE_SHARE = 10;
const SLAPADD = '/usr/sbin/slapadd';

/** One row for each comparison; none unless the part is named. */
export async function measureFiles(bench: Bench): Promise<Row[]> {
  const { parts, manyCount } = bench.options;
  if (!parts.has('files')) return [];
  const files = bench.stage.makeFolder('files');
  const forConfdit = await writeEntries(join(files, 'confdit.ldif'), confditContainer, manyCount);
  const forSlapd = await writeEntries(
    join(files, 'slapd.ldif'),
    slapdTarget.container,
    manyCount,
    containerEntries,
  );
  return [
    ...(await measureOffline(bench, forConfdit, forSlapd)),
    await measureOnline(bench, files),
    ...(await measureStart(bench, forConfdit)),
  ];
}

async function writeEntries(path: string, container: string, count: number, before = ''): Promise<string> {
  const file = createWriteStream(path);
  file.write(before);
  for (let number = 1; number <= count; number += 1) {
    const attributes = mailServerAttributes(number);
    const [name = ''] = attributes.find(([type]) => type === 'cn')?.[1] ?? [];
    const lines = attributes.flatMap(([type, values]) => values.map((value) => `${type}: ${value}\n`));
    if (!file.write(`dn: cn=${name},${container}\n${lines.join('')}\n`)) await once(file, 'drain');
  }
  file.end();
  await finished(file);
  return path;
}

/** Seconds that a command takes from its first instruction to its end; rejects when it fails. */
async function time(
  { stage }: Bench,
  cores: number | string,
  command: readonly string[],
  environment: NodeJS.ProcessEnv = {},
): Promise<number> {
  const startedAt = performance.now();
  const child = stage.spawn(cores, command, {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { ...process.env, ...environment },
  });
  if (child.stderr === null) throw new Error('the command has no output');
  const [errors, [code]] = await Promise.all([text(child.stderr), once(child, 'exit')]);
  if (code !== 0) throw new Error(`${command.join(' ')} ended with ${code}: ${errors.slice(-2000)}`);
  return (performance.now() - startedAt) / 1000;
}

function importInto(bench: Bench, instance: string, file: string): Promise<number> {
  const command = [process.execPath, program, 'import-ldif', '--offline', '--instance', instance, file];
  return time(bench, BOTH_CORES, command);
}

async function measureOffline(bench: Bench, forConfdit: string, forSlapd: string): Promise<Row[]> {
  const { manyCount, rounds } = bench.options;
  const ours: number[] = [];
  const quick: number[] = [];
  const synced: number[] = [];
  for (let round = 1; round <= rounds; round += 1) {
    bench.report(`round ${round} of ${rounds}: offline import of ${manyCount}`);
    const folder = bench.stage.makeFolder('confdit');
    ours.push(manyCount / (await importInto(bench, join(folder, 'instance'), forConfdit)));
    bench.stage.removeFolder(folder);
    quick.push(manyCount / (await slapadd(bench, forSlapd, ['-q'])));
    if (round === 1) synced.push(manyCount / (await slapadd(bench, forSlapd, [])));
  }
  const operation = `offline import of ${formatCount(manyCount)}`;
  const left = sampleOf(ours);
  return [
    { operation, load: 'slapadd -q', unit: 'ops/s', left, right: sampleOf(quick) },
    { operation, load: 'slapadd', unit: 'ops/s', left, right: sampleOf(synced) },
  ];
}

async function slapadd(bench: Bench, file: string, options: readonly string[]): Promise<number> {
  const folder = bench.stage.makeFolder('slapd');
  writeSettings(folder);
  const command = [SLAPADD, ...options, '-f', join(folder, 'slapd.conf'), '-l', file];
  const seconds = await time(bench, BOTH_CORES, command);
  bench.stage.removeFolder(folder);
  return seconds;
}

/** Both synced; the client runs on a core of its own. */
async function measureOnline(bench: Bench, files: string): Promise<Row> {
  const { manyCount, rounds } = bench.options;
  const count = Math.ceil(manyCount / ONLINE_SHARE);
  const samples: [number[], number[]] = [[], []];
  for (let round = 1; round <= rounds; round += 1) {
    bench.report(`round ${round} of ${rounds}: online import of ${count}`);
    for (const [side, kind] of [confdit, slapd].entries()) {
      const folder = bench.stage.makeFolder(kind.name);
      const server = await kind.start(bench.stage, folder);
      const file = await writeEntries(join(files, 'online.ldif'), server.target.container, count);
      const password = join(files, 'password');
      writeFileSync(password, server.target.password, { mode: 0o600 });
      const seconds = await time(bench, LOAD_CORE, onlineCommand(side, server, file, password));
      samples[side]?.push(count / seconds);
      await server.stop();
      bench.stage.removeFolder(folder);
    }
  }
  const operation = `online import of ${formatCount(count)}`;
  return {
    operation,
    load: 'ldapadd',
    unit: 'ops/s',
    left: sampleOf(samples[0]),
    right: sampleOf(samples[1]),
  };
}

function onlineCommand(
  side: number,
  { port, target }: RunningServer,
  file: string,
  password: string,
): string[] {
  const { bindDn }: Target = target;
  if (side === 1)
    return ['ldapadd', '-x', '-H', `ldap://127.0.0.1:${port}`, '-D', bindDn, '-y', password, '-f', file];
  const login = [
    '--hostname',
    '127.0.0.1',
    '--port',
    String(port),
    '--bindDN',
    bindDn,
    '--bindPassword:file',
    password,
  ];
  return [process.execPath, program, 'import-ldif', ...login, file];
}

/** Starts on an import, and what each of its entries takes of memory when the server is ready. */
async function measureStart(bench: Bench, file: string): Promise<Row[]> {
  const { manyCount, rounds } = bench.options;
  const empty = bench.stage.makeFolder('confdit');
  const full = bench.stage.makeFolder('confdit');
  await importInto(bench, join(full, 'instance'), file);
  const times: number[] = [];
  const sizes: number[] = [];
  await startOnce(bench, full);
  await startOnce(bench, empty);
  for (let round = 1; round <= rounds; round += 1) {
    bench.report(`round ${round} of ${rounds}: start with ${manyCount} entries`);
    const small = await startOnce(bench, empty);
    const large = await startOnce(bench, full);
    times.push(large.startMs);
    sizes.push((large.residentOctets - small.residentOctets) / manyCount);
  }
  const row = (operation: string, unit: Row['unit'], left: Sample): Row => ({
    operation,
    load: '',
    unit,
    left,
    right: undefined,
  });
  const count = formatCount(manyCount);
  return [
    row(`start with ${count}, imported`, 'ms', sampleOf(times)),
    row(`memory of ${count}, each`, 'octets', sampleOf(sizes)),
  ];
}

async function startOnce(
  { stage }: Bench,
  folder: string,
): Promise<{ startMs: number; residentOctets: number }> {
  const server = await confdit.start(stage, folder);
  const status = readFileSync(`/proc/${server.pid}/status`, 'utf8');
  const residentOctets = Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1] ?? Number.NaN) * 1024;
  await server.stop();
  return { startMs: server.startMs, residentOctets };
}

function formatCount(count: number): string {
  return count.toLocaleString('en-US');
}

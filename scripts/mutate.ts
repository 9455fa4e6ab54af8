// Changes the meaning of a room in one place at a time, and looks whether a test fails:
//
//     npm run mutate -- codec
//     npm run mutate -- mail runtime --sample 60 --seed 7
//
// Works on copies of the project. First every test of the room, and those that drive the room through a server, run with
// probes that report which mutations they reach. Then each mutation is given to the tests that reach it, the quickest first.
// Mutations that no test notices, or none reaches, are printed. With --sample so many mutations of each room are tried, chosen
// by the seed; without it all.

import { spawn } from 'node:child_process';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { type Mutation, mutationsOf } from '../test/mutation/mutations.ts';
import { withProbes } from '../test/mutation/probes.ts';
import { Project } from '../test/tidy/project.ts';

/** Copied as they are; `node_modules` is linked. */
const COPIED = [
  'src',
  'test',
  'config',
  'schema',
  'scripts',
  'docs',
  'package',
  'package.json',
  'tsconfig.json',
  'vitest.config.ts',
];
/** Tests that start a server and make the room act, beside those in the folder of the room. */
const DRIVING_TESTS: Readonly<Record<string, readonly string[]>> = {
  runtime: ['test/configuration', 'test/server/tls', 'test/mail/repaired-trust.test.ts'],
  configuration: ['test/operations', 'test/instance/import-ldif.test.ts'],
  server: ['test/operations/controls'],
  config: ['test/cases.test.ts', 'test/forty-wrong-changes.test.ts'],
};
/** A run that takes so many times as long as without a mutation has noticed it, too: it waits for what does not come. */
const PATIENCE = 5;
const PATIENCE_MS = 20_000;
const FIRST_LIMIT_MS = 1_200_000;
/** Tests that run together: the quickest two, then the next four, then the rest. */
const STAGES = [2, 4, Number.POSITIVE_INFINITY];

const { values, positionals: rooms } = parseArgs({
  allowPositionals: true,
  options: {
    sample: { type: 'string' },
    seed: { type: 'string', default: '1' },
    jobs: { type: 'string', default: String(availableParallelism()) },
  },
});
if (rooms.length === 0) {
  process.stderr.write('mutate: name a room, as in `npm run mutate -- codec`.\n');
  process.exit(2);
}

interface Mutant extends Mutation {
  readonly path: string;
  /** Tests that reach it, the quickest first. */
  readonly tests: ReachingTest[];
}

interface ReachingTest {
  readonly path: string;
  readonly ms: number;
}

const root = resolve(import.meta.dirname, '..');
const project = Project.read(root);
const folder = await mkdtemp(join(tmpdir(), 'confdit-mutate-'));
try {
  let isGood = true;
  for (const room of rooms) isGood = (await mutateRoom(room)) && isGood;
  process.exitCode = isGood ? 0 : 1;
} finally {
  await rm(folder, { recursive: true, force: true, maxRetries: 10 });
}

/** Resolves to true if every mutation was noticed. */
async function mutateRoom(room: string): Promise<boolean> {
  const mutants = chosen(
    project.source
      .filter((file) => file.room === room)
      .flatMap(({ path, text }) => mutationsOf(path, text).map((it) => ({ ...it, path, tests: [] }))),
  );
  await findReachingTests(room, mutants);
  const survivors: Mutant[] = [];
  let done = 0;
  await onCopies(`${room}-mutated`, mutants, async (mutant, copy) => {
    if (await survives(mutant, copy)) {
      survivors.push(mutant);
      process.stderr.write(`\r${describe(mutant)}\n`);
    }
    done += 1;
    process.stderr.write(`\r${room}: ${done} of ${mutants.length}, ${survivors.length} survive `);
  });
  const killed = mutants.length - survivors.length;
  const score = mutants.length === 0 ? 100 : Math.round((100 * killed) / mutants.length);
  process.stdout.write(`\n${room}: ${score} %, ${killed} of ${mutants.length} mutations were noticed.\n`);
  for (const mutant of survivors.toSorted(byPlace)) process.stdout.write(`${describe(mutant)}\n`);
  return survivors.length === 0;
}

function describe({ path, line, original, replacement, tests }: Mutant): string {
  const reached = tests.length === 0 ? ' (no test reaches it)' : '';
  return `${path}:${line} ${oneLine(original)}  →  ${oneLine(replacement)}${reached}`;
}

/** Does the work on each item, on as many copies of the project as there are jobs. */
async function onCopies<T>(
  name: string,
  items: readonly T[],
  work: (item: T, copy: string) => Promise<void>,
): Promise<void> {
  const queue = [...items];
  const worker = async (number: number) => {
    const copy = await makeCopy(`${name}-${number}`);
    for (let item = queue.shift(); item !== undefined; item = queue.shift()) await work(item, copy);
    await rm(copy, { recursive: true, force: true, maxRetries: 10 });
  };
  await Promise.all(Array.from({ length: Number(values.jobs) }, (_, number) => worker(number)));
}

/** Fills in the tests of the mutants. A test that fails with probes in the code is left out, and printed. */
async function findReachingTests(room: string, mutants: readonly Mutant[]): Promise<void> {
  const prepared = new Set<string>();
  let done = 0;
  const tests = testsOf(room);
  await onCopies(`${room}-probed`, tests, async (test, copy) => {
    const hits = join(copy, 'reached');
    if (!prepared.has(copy)) await putProbes(mutants, copy, hits);
    prepared.add(copy);
    const startedMs = performance.now();
    const isGood = await passes([test], copy, FIRST_LIMIT_MS);
    const ms = performance.now() - startedMs;
    for (const name of await readdir(hits)) {
      if (isGood) mutants[Number(name)]?.tests.push({ path: test, ms });
      await rm(join(hits, name));
    }
    if (!isGood) process.stderr.write(`\r${test} fails with probes in the code, and is left out.\n`);
    done += 1;
    process.stderr.write(`\r${room}: looked at ${done} of ${tests.length} tests `);
  });
  for (const mutant of mutants) mutant.tests.sort((one, other) => one.ms - other.ms);
}

async function putProbes(mutants: readonly Mutant[], copy: string, hits: string): Promise<void> {
  await mkdir(hits);
  const probed = mutants.map((mutation, id) => ({ id, mutation }));
  for (const [path, ofFile] of Map.groupBy(probed, ({ mutation }) => mutation.path)) {
    const file = join(copy, path);
    await writeFile(file, withProbes(await readFile(file, 'utf8'), ofFile, hits));
  }
}

/** Returns the tests of a room, and those that drive it through a server. */
function testsOf(room: string): readonly string[] {
  const driving = DRIVING_TESTS[room] ?? [];
  const isOfRoom = (path: string) => [`test/${room}/`, ...driving].some((start) => path.startsWith(start));
  return project.code.flatMap(({ path }) => (path.endsWith('.test.ts') && isOfRoom(path) ? [path] : []));
}

function byPlace(one: Mutant, other: Mutant): number {
  return one.path < other.path ? -1 : one.path > other.path ? 1 : one.line - other.line;
}

function oneLine(text: string): string {
  const line = text.replaceAll(/\s+/g, ' ');
  return line.length > 100 ? `${line.slice(0, 99)}…` : line;
}

function chosen(mutants: readonly Mutant[]): readonly Mutant[] {
  const count = values.sample === undefined ? mutants.length : Number(values.sample);
  if (count >= mutants.length) return mutants;
  // A linear congruential generator: the same seed chooses the same mutations.
  let state = BigInt(values.seed);
  const random = () => {
    state = (state * 6_364_136_223_846_793_005n + 1_442_695_040_888_963_407n) % 2n ** 64n;
    return Number(state >> 11n) / 2 ** 53;
  };
  return mutants
    .map((mutant) => ({ mutant, rank: random() }))
    .toSorted((one, other) => one.rank - other.rank)
    .slice(0, count)
    .map(({ mutant }) => mutant);
}

async function makeCopy(name: string): Promise<string> {
  const copy = join(folder, name);
  for (const item of COPIED) await cp(join(root, item), join(copy, item), { recursive: true });
  await symlink(join(root, 'node_modules'), join(copy, 'node_modules'));
  return copy;
}

async function survives(mutant: Mutant, copy: string): Promise<boolean> {
  const path = join(copy, mutant.path);
  const original = await readFile(path, 'utf8');
  await writeFile(path, mutant.text);
  try {
    let tried = 0;
    for (const size of STAGES) {
      const stage = mutant.tests.slice(tried, tried + size);
      tried += stage.length;
      const limitMs = PATIENCE * stage.reduce((sum, { ms }) => sum + ms, 0) + PATIENCE_MS;
      const paths = stage.map((test) => test.path);
      if (stage.length > 0 && !(await passes(paths, copy, limitMs))) return false;
    }
    return true;
  } finally {
    await writeFile(path, original);
  }
}

function passes(tests: readonly string[], cwd: string, limitMs: number): Promise<boolean> {
  const words = ['node_modules/vitest/vitest.mjs', 'run', '--bail=1', '--reporter=dot', '--maxWorkers=1'];
  return new Promise((done) => {
    const child = spawn(process.execPath, [...words, ...tests], { cwd, stdio: 'ignore', detached: true });
    const timer = setTimeout(() => endGroup(child.pid), limitMs);
    child.once('close', (code) => {
      clearTimeout(timer);
      done(code === 0);
    });
  });
}

/** Servers that tests have started end with the tests. */
function endGroup(pid: number | undefined): void {
  if (pid !== undefined) process.kill(-pid, 'SIGKILL');
}

// Changes the meaning of a room in one place at a time, and looks whether a test fails:
//
//     npm run mutate -- codec
//     npm run mutate -- mail runtime --sample 60 --seed 7
//
// Works on a copy of the project. Each mutation is given first to those tests of the room that import the file, then to the
// others of the room, then to tests that drive the room through a server. Mutations that no test notices are printed. With
// --sample so many mutations of each room are tried, chosen by the seed; without it all.

import { spawn } from 'node:child_process';
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { type Mutation, mutationsOf } from '../test/mutation/mutations.ts';
import { Project } from '../test/tidy/project.ts';
import type { SourceFile } from '../test/tidy/source-file.ts';

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

/** Resolves to whether every mutation was noticed. */
async function mutateRoom(room: string): Promise<boolean> {
  const mutants = chosen(
    project.source
      .filter((file) => file.room === room)
      .flatMap(({ path, text }) => mutationsOf(path, text).map((it) => ({ ...it, path }))),
  );
  const limitMs = await limitOf(room);
  const queue = [...mutants];
  const survivors: Mutant[] = [];
  let done = 0;
  const worker = async (number: number) => {
    const copy = await makeCopy(`${room}-${number}`);
    for (let mutant = queue.shift(); mutant !== undefined; mutant = queue.shift()) {
      if (await survives(mutant, copy, limitMs)) survivors.push(mutant);
      done += 1;
      process.stderr.write(`\r${room}: ${done} of ${mutants.length}, ${survivors.length} survive `);
    }
  };
  await Promise.all(Array.from({ length: Number(values.jobs) }, (_, number) => worker(number)));
  const killed = mutants.length - survivors.length;
  const score = mutants.length === 0 ? 100 : Math.round((100 * killed) / mutants.length);
  process.stdout.write(`\n${room}: ${score} %, ${killed} of ${mutants.length} mutations were noticed.\n`);
  for (const { path, line, original, replacement } of survivors.toSorted(byPlace))
    process.stdout.write(`${path}:${line} ${oneLine(original)}  →  ${oneLine(replacement)}\n`);
  return survivors.length === 0;
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

async function survives(mutant: Mutant, copy: string, limitMs: number): Promise<boolean> {
  const path = join(copy, mutant.path);
  const original = await readFile(path, 'utf8');
  await writeFile(path, mutant.text);
  try {
    for (const stage of stagesOf(mutant.path)) if (!(await passes(stage, copy, limitMs))) return false;
    return true;
  } finally {
    await writeFile(path, original);
  }
}

/** Returns the tests that may notice a change of a file: the nearest first. */
function stagesOf(path: string): readonly (readonly string[])[] {
  const room = roomOf(path);
  const tests = project.code.filter(
    (file) => file.path.startsWith(`test/${room}/`) && file.path.endsWith('.test.ts'),
  );
  const [direct, others] = [true, false].map((isDirect) =>
    tests.filter((test) => test.imports.some((item) => item.path === path) === isDirect).map(pathOf),
  );
  return [direct, others, DRIVING_TESTS[room]].flatMap((stage) =>
    stage === undefined || stage.length === 0 ? [] : [stage],
  );
}

function roomOf(path: string): string {
  return path.split('/')[1] ?? '';
}

function pathOf({ path }: SourceFile): string {
  return path;
}

/** Resolves to how long the tests of a room may take. Rejects when they fail without a mutation. */
async function limitOf(room: string): Promise<number> {
  const copy = await makeCopy(`${room}-as-it-is`);
  const startedMs = performance.now();
  const tests = [`test/${room}`, ...(DRIVING_TESTS[room] ?? [])];
  if (!(await passes(tests, copy, FIRST_LIMIT_MS)))
    throw new Error(`The tests ${tests.join(' ')} fail without a mutation.`);
  return PATIENCE * (performance.now() - startedMs) + PATIENCE_MS;
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

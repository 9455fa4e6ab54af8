/**
 * The command line of the benchmark.
 */
import { tmpdir } from 'node:os';
import { parseArgs } from 'node:util';

export const usage = `npm run bench -- [options]

  --quick           short rounds: a look, not a measurement
  --only NAME       one part only, may be repeated:
                    base equality subtree compare bind modify ldaps references size start import
                    scale (only when it is named: --entries against --many, on the first server)
                    cluster (only when it is named: three confdit on etcd beside two slapd with syncrepl)
                    files (only when it is named: import-ldif of --many against slapadd and ldapadd)
  --rounds N        rounds; the median is quoted (5, quick 3)
  --seconds S       seconds of load for each figure and round (2, quick 0.4)
  --entries N       mail servers in the tree (1000)
  --many N          mail servers of the parts scale and files, and those that a server of a cluster
                    catches up with (100000)
  --referring N     mail servers that refer to trust managers, in the part references (10000)
  --servers A,B     the two servers compared: confdit, slapd or canned (confdit,slapd)
  --folder PATH     where the servers keep their data; a real disk, as every change is synced
  --json FILE       write all figures of all rounds
  --help`;

export const parts = [
  'base',
  'equality',
  'subtree',
  'compare',
  'bind',
  'modify',
  'ldaps',
  'references',
  'size',
  'start',
  'import',
  'scale',
  'files',
  'cluster',
] as const;
/** They take long, and are measured only when they are named. */
const onlyNamed: ReadonlySet<string> = new Set(['scale', 'files', 'cluster']);
export type Part = (typeof parts)[number];
export type ServerName = 'confdit' | 'slapd' | 'canned';

/** How to run; times in seconds. */
export interface BenchOptions {
  readonly parts: ReadonlySet<Part>;
  readonly rounds: number;
  readonly seconds: number;
  readonly warmUpSeconds: number;
  readonly entryCount: number;
  readonly manyCount: number;
  readonly referringCount: number;
  readonly servers: readonly [ServerName, ServerName];
  readonly folder: string;
  readonly jsonFile: string | undefined;
}

/** A mistake on the command line; the message says what is allowed. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** Parses the arguments; undefined when help is asked for. Throws UsageError. */
export function parseOptions(args: readonly string[]): BenchOptions | undefined {
  const values = parse(args);
  if (values.help) return undefined;
  const seconds = parsePositive('--seconds', values.seconds ?? (values.quick ? '0.4' : '2'));
  return {
    parts: new Set((values.only ?? parts.filter((part) => !onlyNamed.has(part))).map(parsePart)),
    rounds: Math.ceil(parsePositive('--rounds', values.rounds ?? (values.quick ? '3' : '5'))),
    seconds,
    warmUpSeconds: Math.min(1, seconds / 2),
    entryCount: Math.ceil(parsePositive('--entries', values.entries ?? '1000')),
    manyCount: Math.ceil(parsePositive('--many', values.many ?? '100000')),
    referringCount: Math.ceil(parsePositive('--referring', values.referring ?? '10000')),
    servers: parseServers(values.servers ?? 'confdit,slapd'),
    folder: values.folder ?? tmpdir(),
    jsonFile: values.json,
  };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        quick: { type: 'boolean', default: false },
        only: { type: 'string', multiple: true },
        rounds: { type: 'string' },
        seconds: { type: 'string' },
        entries: { type: 'string' },
        many: { type: 'string' },
        referring: { type: 'string' },
        servers: { type: 'string' },
        folder: { type: 'string' },
        json: { type: 'string' },
        help: { type: 'boolean', default: false },
      },
    }).values;
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

function parsePositive(option: string, text: string): number {
  const value = Number(text);
  if (!(value > 0) || !Number.isFinite(value)) {
    throw new UsageError(`${option} is ${JSON.stringify(text)}; it must be a number above 0`);
  }
  return value;
}

function parsePart(text: string): Part {
  const part = parts.find((name) => name === text);
  if (part === undefined)
    throw new UsageError(`--only is ${JSON.stringify(text)}; it must be one of ${parts.join(', ')}`);
  return part;
}

function parseServers(text: string): [ServerName, ServerName] {
  const [left, right, ...rest] = text.split(',').map(parseServer);
  if (left === undefined || right === undefined || rest.length > 0) {
    throw new UsageError(
      `--servers is ${JSON.stringify(text)}; it must be two names with a comma between them`,
    );
  }
  return [left, right];
}

function parseServer(text: string): ServerName {
  if (text === 'confdit' || text === 'slapd' || text === 'canned') return text;
  throw new UsageError(`--servers names ${JSON.stringify(text)}; it must be confdit, slapd or canned`);
}

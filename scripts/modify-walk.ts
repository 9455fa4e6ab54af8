// Counts what one modify of a running server costs in steps: the files of the program that it crosses, their functions and
// calls, and how often the tree is asked for an entry:
//
//     node scripts/modify-walk.ts [--files]

import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { addRequest, changeKinds, modifyRequest } from '../test/support/ber-bytes.ts';
import { freePort } from '../test/support/free-port.ts';
import { RawClient } from '../test/support/raw-client.ts';
import { endServers, startServer } from '../test/support/server-process.ts';

const TREE = fileURLToPath(new URL('../src/directory/tree.ts', import.meta.url));
const SERVER = 'cn=Walked,cn=Mail Servers,cn=config';
const WARM_UP = 20;

interface FunctionCoverage {
  readonly functionName: string;
  readonly ranges: readonly { readonly count: number }[];
}
interface ScriptCoverage {
  readonly url: string;
  readonly functions: readonly FunctionCoverage[];
}

/** Speaks the protocol of the inspector with a process. */
class Inspector {
  readonly #socket: WebSocket;
  readonly #waiting = new Map<number, (result: unknown) => void>();
  #lastId = 0;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.addEventListener('message', ({ data }) => {
      const { id, result, error } = JSON.parse(String(data)) as {
        id?: number;
        result?: unknown;
        error?: unknown;
      };
      if (error !== undefined) throw new Error(JSON.stringify(error));
      if (id !== undefined) this.#waiting.get(id)?.(result);
    });
  }

  static async open(port: number): Promise<Inspector> {
    const response = await fetch(`http://127.0.0.1:${port}/json/list`);
    const [target] = (await response.json()) as { webSocketDebuggerUrl: string }[];
    const socket = new WebSocket(target?.webSocketDebuggerUrl ?? '');
    await new Promise((resolve) => socket.addEventListener('open', resolve));
    return new Inspector(socket);
  }

  call(method: string, params: object = {}): Promise<unknown> {
    const id = ++this.#lastId;
    const { promise, resolve } = Promise.withResolvers<unknown>();
    this.#waiting.set(id, resolve);
    this.#socket.send(JSON.stringify({ id, method, params }));
    return promise;
  }

  /** The value of an expression that gives JSON text. */
  async evaluate(expression: string): Promise<unknown> {
    const answer = (await this.call('Runtime.evaluate', { expression })) as { result: { value: string } };
    return JSON.parse(answer.result.value);
  }

  close(): void {
    this.#socket.close();
  }
}

/** From now on each look-up in a tree notes its key. */
async function noteLookUps(inspector: Inspector): Promise<void> {
  await inspector.evaluate('globalThis.lookedUp = []; "[]"');
  await inspector.call('Debugger.enable');
  const lines = (await readFile(TREE, 'utf8')).split('\n');
  for (const [lineNumber, line] of lines.entries()) {
    if (!line.includes('this.#nodes.get(key)')) continue;
    await inspector.call('Debugger.setBreakpointByUrl', {
      lineNumber,
      columnNumber: line.length - line.trimStart().length,
      url: `file://${TREE}`,
      condition: `(globalThis.lookedUp.push(key + ' at ${lineNumber + 1}'), false)`,
    });
  }
}

const inspectorPort = await freePort();
const server = await startServer({ environment: { NODE_OPTIONS: `--inspect=127.0.0.1:${inspectorPort}` } });
const client = await RawClient.bound(server);
const attributes = [
  ['objectClass', ['ds-cfg-mail-server']],
  ['ds-cfg-enabled', ['true']],
  ['ds-cfg-smtp-server', ['127.0.0.1:25']],
] as const;
await requireSuccess(addRequest(SERVER, attributes));

async function modify(number: number): Promise<void> {
  const values = [`127.0.0.1:${1000 + number}`];
  await requireSuccess(modifyRequest(SERVER, [[changeKinds.replace, 'ds-cfg-smtp-server', values]]));
}

async function requireSuccess(request: Buffer): Promise<void> {
  const { code, text } = await client.request(request);
  if (code !== 0) throw new Error(`The server answered with ${code}: ${text}`);
}

for (let number = 0; number < WARM_UP; number++) await modify(number);
const inspector = await Inspector.open(inspectorPort);
await inspector.call('Profiler.enable');
await inspector.call('Profiler.startPreciseCoverage', { callCount: true, detailed: false });
await modify(WARM_UP);
await inspector.call('Profiler.takePreciseCoverage');
await modify(WARM_UP + 1);
const { result } = (await inspector.call('Profiler.takePreciseCoverage')) as {
  result: readonly ScriptCoverage[];
};
await inspector.call('Profiler.stopPreciseCoverage');
await noteLookUps(inspector);
await modify(WARM_UP + 2);
const lookedUp = (await inspector.evaluate('JSON.stringify(globalThis.lookedUp)')) as readonly string[];

const called = result
  .filter(({ url }) => url.includes('/src/'))
  .map(({ url, functions }) => {
    const counts = functions.map(({ functionName, ranges }) => ({
      functionName,
      count: ranges[0]?.count ?? 0,
    }));
    const used = counts.filter(({ count, functionName }) => count > 0 && functionName !== '');
    return { file: url.slice(url.indexOf('/src/') + 5), used };
  })
  .filter(({ used }) => used.length > 0)
  .sort((one, other) => one.file.localeCompare(other.file));
const calls = called.flatMap(({ used }) => used).reduce((sum, { count }) => sum + count, 0);
const functions = called.reduce((sum, { used }) => sum + used.length, 0);
const own = lookedUp.filter((line) => line.startsWith('cn=walked,'));
console.log(`files ${called.length}, functions ${functions}, calls ${calls}`);
console.log(`look-ups in trees ${lookedUp.length}, of the entry itself ${own.length}`);
if (process.argv.includes('--files')) {
  for (const { file, used } of called)
    console.log(`${file}: ${used.map(({ functionName, count }) => `${functionName} ${count}`).join(', ')}`);
  for (const line of lookedUp) console.log(line);
}
inspector.close();
client.close();
await endServers();
process.exit(0);

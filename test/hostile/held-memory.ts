// What a server holds in memory, asked from inside after its garbage is collected. The resident memory does not tell: the
// runtime and the C library keep what was freed for the next use.

import { once } from 'node:events';

const OCTETS_PER_MEGABYTE = 1024 * 1024;
const USAGE = 'const { heapUsed, external } = process.memoryUsage(); heapUsed + external';

interface Reply {
  readonly id: number;
  readonly result: { readonly result?: { readonly value?: unknown } };
}

export class HeldMemory {
  readonly #socket: WebSocket;
  #lastId = 0;

  /** Takes the port of the inspector that the server was started with (`--inspect`). */
  static async at(port: number): Promise<HeldMemory> {
    const response = await fetch(`http://127.0.0.1:${port}/json/list`);
    const [target] = (await response.json()) as [{ readonly webSocketDebuggerUrl: string }];
    const socket = new WebSocket(target.webSocketDebuggerUrl);
    await once(socket, 'open');
    return new HeldMemory(socket);
  }

  private constructor(socket: WebSocket) {
    this.#socket = socket;
  }

  /** Heap and buffers. */
  async megabytes(): Promise<number> {
    await this.#ask('HeapProfiler.collectGarbage', {});
    const { result } = await this.#ask('Runtime.evaluate', { expression: `{ ${USAGE} }` });
    return Math.round(Number(result.result?.value) / OCTETS_PER_MEGABYTE);
  }

  close(): void {
    this.#socket.close();
  }

  async #ask(method: string, params: object): Promise<Reply> {
    this.#lastId += 1;
    const id = this.#lastId;
    this.#socket.send(JSON.stringify({ id, method, params }));
    for (;;) {
      const [event] = (await once(this.#socket, 'message')) as [MessageEvent];
      const reply = JSON.parse(String(event.data)) as Reply;
      if (reply.id === id) return reply;
    }
  }
}

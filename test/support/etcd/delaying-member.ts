// A member of etcd between a client and a real one. It forwards each call, and can keep one back: then its client waits in vain, and
// the call is done later.

import { EtcdConnection } from '../../../src/etcd/etcd-connection.ts';
import { EtcdError } from '../../../src/etcd/etcd-error.ts';
import { type ScriptedCall, ScriptedEtcd } from './scripted-etcd.ts';

const CALL_MS = 60_000;

export class DelayingMember {
  readonly #connection: EtcdConnection;
  readonly #keeps: (call: ScriptedCall) => boolean;
  #kept: ScriptedCall | undefined;
  #etcd: ScriptedEtcd | undefined;

  private constructor(connection: EtcdConnection, keeps: (call: ScriptedCall) => boolean) {
    this.#connection = connection;
    this.#keeps = keeps;
  }

  /**
   * @param url that of the real member
   * @param keeps returns true for the call that is kept back until another such call comes; it may answer or end a call itself
   */
  static async start(url: string, keeps: (call: ScriptedCall) => boolean): Promise<DelayingMember> {
    const member = new DelayingMember(await EtcdConnection.open(url, {}, CALL_MS), keeps);
    member.#etcd = await ScriptedEtcd.start((call) => void member.#take(call));
    return member;
  }

  get url(): string {
    return this.#etcd?.url ?? '';
  }

  /** Does the call that was kept back. */
  async release(): Promise<void> {
    const kept = this.#kept;
    this.#kept = undefined;
    if (kept !== undefined) await this.forward(kept);
  }

  /** Does a call at the real member. Returns the octets of the answer, which the client does not get. */
  forward({ path, request }: ScriptedCall): Promise<Uint8Array> {
    return this.#connection.call(path, request, CALL_MS);
  }

  async close(): Promise<void> {
    await this.#etcd?.close();
    this.#connection.close();
  }

  async #take(call: ScriptedCall): Promise<void> {
    if (this.#keeps(call)) {
      if (call.stream.writableEnded || call.stream.closed) return;
      const kept = this.#kept;
      this.#kept = call;
      if (kept === undefined) return;
      await this.forward(kept);
    }
    try {
      call.send(await this.forward(call));
      call.end();
    } catch (error) {
      if (!(error instanceof EtcdError)) throw error;
      call.end(14, error.message);
    }
  }
}

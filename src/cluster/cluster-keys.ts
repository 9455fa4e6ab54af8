// Keys of a cluster, all derived from the master key that its servers share (HKDF, RFC 5869): one encrypts secrets in the log,
// another makes the codes that chain its records. Whoever can write to the log has neither, and is not thereby administrator.

import { createHmac, createSecretKey, hkdfSync, type KeyObject, timingSafeEqual } from 'node:crypto';
import { type DataKey, DataKeys, type MasterKey } from '../store/encryption/data-keys.ts';

const KEY_OCTETS = 32;
const ID_OCTETS = 4;

export class ClusterKeys {
  readonly #master: MasterKey;
  readonly #historyId: string;
  readonly #codeKey: KeyObject;

  /** @param historyId of the cluster: no record of another cluster with the same master key fits in */
  constructor(master: MasterKey, historyId: string) {
    this.#master = master;
    this.#historyId = historyId;
    this.#codeKey = createSecretKey(this.#derive('confdit cluster codes', KEY_OCTETS));
  }

  /** Key that encrypts the secrets in records and snapshots. */
  get data(): DataKeys {
    const id = this.#derive('confdit cluster data key id', ID_OCTETS).toString('hex');
    const one: DataKey = { id, key: createSecretKey(this.#derive('confdit cluster data key', KEY_OCTETS)) };
    return new DataKeys([one], true);
  }

  /** Returns the code of a record, in hexadecimal digits. */
  codeOf(number: number, before: string, text: string): string {
    return this.#code(`record\0${number}\0${before}\0`, [text]);
  }

  /** Returns the code that the first record of a cluster is chained to. */
  firstCode(number: number): string {
    return this.#code(`begin\0${number}\0`, []);
  }

  /** Returns the code of the content of a snapshot, in hexadecimal digits. */
  sealOf(number: number, code: string, pieces: Iterable<string>): string {
    return this.#code(`snapshot\0${number}\0${code}\0`, pieces);
  }

  /** Returns the code of what is said of a server, in hexadecimal digits. */
  serverCode(id: string, kind: string, text: string): string {
    return this.#code(`server\0${id}\0${kind}\0`, [text]);
  }

  #code(start: string, pieces: Iterable<string>): string {
    const code = createHmac('sha256', this.#codeKey).update(start);
    for (const piece of pieces) code.update(piece);
    return code.digest('hex');
  }

  #derive(purpose: string, octets: number): Buffer {
    const { key } = this.#master;
    return Buffer.from(hkdfSync('sha256', key, this.#historyId, purpose, octets));
  }
}

/** Compares codes in a time that does not depend on what differs. */
export function isSameCode(one: string, other: string): boolean {
  const [first, second] = [Buffer.from(one), Buffer.from(other)];
  return first.length === second.length && timingSafeEqual(first, second);
}

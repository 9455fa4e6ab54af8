// Texts that are too large for one value of etcd, cut into parts. Parts count only once a key names them.

import type { EtcdClient } from '../etcd/etcd-client.ts';
import { EtcdError } from '../etcd/etcd-error.ts';
import type { EtcdService } from './etcd-service.ts';
import { folder, partKey } from './log-keys.ts';

/** Below the size of a request that every etcd accepts, 1.5 MiB. */
export const PART_OCTETS = 1024 * 1024;

/** Puts octets as parts. @param lease of the parts; 0 for none. Returns the number of parts. Throws LogError. */
export async function writeParts(
  client: EtcdClient,
  service: EtcdService,
  parts: string,
  octets: Iterable<Uint8Array>,
  lease = 0n,
): Promise<number> {
  let count = 0;
  for (const value of sized(octets)) {
    const key = partKey(parts, count);
    await service.do(() => repeated(() => client.put({ key, value, lease })));
    count += 1;
  }
  return count;
}

/**
 * Reads parts, up to the first that is missing.
 * @param revision reads what was there at a revision; 0 for now. Throws LogError: `compacted` if that revision is gone.
 */
export async function readParts(
  client: EtcdClient,
  service: EtcdService,
  parts: string,
  revision = 0n,
): Promise<Uint8Array[]> {
  const found: Uint8Array[] = [];
  await service.do(async () => {
    for await (const { values } of client.pages({ ...folder(parts), revision })) {
      for (const { key, value } of values) {
        if (key !== partKey(parts, found.length)) return;
        found.push(value);
      }
    }
  });
  return found;
}

/** Cuts octets, however they come, into pieces of one size. */
function* sized(octets: Iterable<Uint8Array>): Generator<Uint8Array, void> {
  let held: Uint8Array[] = [];
  let size = 0;
  for (const piece of octets) {
    for (let at = 0; at < piece.length; ) {
      const next = piece.subarray(at, at + PART_OCTETS - size);
      held.push(next);
      size += next.length;
      at += next.length;
      if (size < PART_OCTETS) continue;
      yield Buffer.concat(held);
      held = [];
      size = 0;
    }
  }
  if (size > 0) yield Buffer.concat(held);
}

const ATTEMPTS = 3;

/** Putting the same part twice does no harm. */
async function repeated<Answer>(put: () => Promise<Answer>): Promise<Answer> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await put();
    } catch (error) {
      if (!(error instanceof EtcdError) || error.problem !== 'unknown' || attempt === ATTEMPTS) throw error;
    }
  }
}

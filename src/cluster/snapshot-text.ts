// All entries of a cluster as the text of a snapshot in its log: LDIF, secrets encrypted with the key of the cluster, sealed by a
// code.

import { readLdif } from '../codec/ldif-reader.ts';
import { formatEntry } from '../codec/ldif-writer.ts';
import type { Entry } from '../ldap/entry.ts';
import { decryptEntry, encryptEntry, type StoredValues } from '../store/encryption/stored-values.ts';
import { StoreError } from '../store/store-error.ts';
import { type ClusterKeys, isSameCode } from './cluster-keys.ts';
import type { LogSnapshot } from './cluster-log.ts';

/** Characters of one piece, about. */
const PIECE_CHARACTERS = 64 * 1024;

export interface SnapshotParts {
  readonly number: number;
  readonly historyId: string;
  readonly code: string;
  readonly entries: Iterable<Entry>;
}

/** Returns the snapshot for the log. */
export function formatLogSnapshot(
  parts: SnapshotParts,
  keys: ClusterKeys,
  values: StoredValues,
): LogSnapshot {
  const { number, historyId, code } = parts;
  const pieces = [...snapshotPieces(parts.entries, values)];
  return { number, historyId, code, seal: keys.sealOf(number, code, pieces), pieces };
}

/** Yields the text of a snapshot in pieces, for a caller that does other work between them. */
export function* snapshotPieces(entries: Iterable<Entry>, values: StoredValues): Generator<string, void> {
  let piece = '';
  for (const entry of entries) {
    piece += `${formatEntry(encryptEntry(entry, values))}\n`;
    if (piece.length < PIECE_CHARACTERS) continue;
    yield piece;
    piece = '';
  }
  if (piece !== '') yield piece;
}

/** Returns the entries of a snapshot. Throws StoreError if no server of the cluster wrote it so. */
export function readLogSnapshot(snapshot: LogSnapshot, keys: ClusterKeys, values: StoredValues): Entry[] {
  const { number, code, seal } = snapshot;
  const text = [...snapshot.pieces].join('');
  if (!isSameCode(keys.sealOf(number, code, [text]), seal))
    throw new StoreError(
      'The snapshot of the cluster does not have the code that it was written with: this is not the master key of the ' +
        'cluster, or the snapshot was changed. Give the master key of a server of the cluster.',
    );
  return readLdif(text).flatMap((record) =>
    record.type === 'content' ? [decryptEntry(record.entry, values)] : [],
  );
}

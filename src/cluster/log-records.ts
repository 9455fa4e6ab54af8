// Commits as records of the log: the journal's record, with secrets encrypted by the key of the cluster and a code that chains
// it to the one before.

import { LdifError } from '../codec/ldif-error.ts';
import { decryptChange, encryptChange, type StoredValues } from '../store/encryption/stored-values.ts';
import { formatJournalRecord, readJournalChanges, readJournalRecord } from '../store/journal-record.ts';
import type { Commit } from '../store/store.ts';
import { StoreError } from '../store/store-error.ts';
import { type ClusterKeys, isSameCode } from './cluster-keys.ts';
import type { LogRecord } from './cluster-log.ts';

export class LogRecords {
  readonly #keys: ClusterKeys;
  readonly #values: StoredValues;

  /** @param values encrypts with the data key of the cluster */
  constructor(keys: ClusterKeys, values: StoredValues) {
    this.#keys = keys;
    this.#values = values;
  }

  /** Returns the records of commits; `code` is that of the record before the first one. */
  format(commits: readonly Commit[], code: string): LogRecord[] {
    let before = code;
    return commits.map((commit) => {
      const { number, id } = commit;
      const changes = commit.changes.map((change) => encryptChange(change, this.#values));
      const text = formatJournalRecord({ ...commit, changes }, number, number);
      before = this.#keys.codeOf(number, before, text);
      return { number, id, text, code: before };
    });
  }

  /** Returns the commits of records, up to the first one that cannot be read, and what was thrown for that one. */
  readAll(added: readonly LogRecord[], before: string) {
    const commits: Commit[] = [];
    let code = before;
    try {
      for (const record of added) {
        commits.push(this.read(record, code));
        code = record.code;
      }
      return { commits, failure: undefined };
    } catch (failure) {
      return { commits, failure };
    }
  }

  /** Returns the commit of a record. Throws StoreError if the record is not the one that a server wrote after that code. */
  read({ number, id, text, code }: LogRecord, before: string): Commit {
    if (!isSameCode(this.#keys.codeOf(number, before, text), code))
      throw new StoreError(
        `Change ${number} of the cluster does not have the code that it was written with: it was changed, or does not ` +
          'belong there. This server follows no further; find out who writes to etcd besides confdit.',
        { isFinal: true },
      );
    const octets = Buffer.from(text, 'latin1');
    const read = readJournalRecord(octets, 0);
    if (read.type !== 'record' || read.record.header.number !== number || read.record.header.id !== id)
      throw unreadableChange(number, undefined);
    try {
      const changes = readJournalChanges(octets, read.record);
      const { at, by } = read.record.header;
      return { number, at, by, id, changes: changes.map((change) => decryptChange(change, this.#values)) };
    } catch (error) {
      if (error instanceof LdifError || error instanceof StoreError) throw unreadableChange(number, error);
      throw error;
    }
  }
}

function unreadableChange(number: number, cause: unknown): StoreError {
  return new StoreError(
    `Change ${number} of the cluster cannot be read here. Perhaps a newer confdit has written it: update this server.`,
    { cause, isFinal: true },
  );
}

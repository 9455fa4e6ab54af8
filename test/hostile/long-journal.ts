// A long past for an instance, written as the journal has it: making it over the protocol would take hours.

import { randomUUID } from 'node:crypto';
import { appendFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Change } from '../../src/ldap/change.ts';
import { Dn } from '../../src/ldap/dn.ts';
import { Attribute, Entry } from '../../src/ldap/entry.ts';
import { VALUES_AS_STORED } from '../../src/store/encryption/stored-values.ts';
import { HistoryReader } from '../../src/store/history-reader.ts';
import { formatJournalRecord } from '../../src/store/journal-record.ts';
import { segmentName, segmentNumber } from '../../src/store/journal-segment.ts';
import { mailServerDn } from '../operations/entries.ts';
import { ADMINISTRATOR, type RunningServer, startServer } from '../support/server-process.ts';

/** Mail servers that all changes are about. */
const ENTRIES = 50;
const RECORDS_AT_ONCE = 1000;

export interface LongPast {
  /** The state before all of it, and that after it. */
  readonly first: number;
  readonly last: number;
}

/** Starts a server with so many changes behind it. */
export async function serverWithPast(
  changes: number,
  environment: Readonly<Record<string, string>>,
): Promise<{ readonly server: RunningServer; readonly past: LongPast }> {
  const fresh = await startServer();
  const { folder } = fresh;
  await fresh.stop();
  const past = await lengthen(join(folder, 'config', 'journal'), changes);
  // Reads all of them once, and leaves a snapshot.
  const reader = await startServer({ folder });
  await reader.stop();
  return { server: await startServer({ folder, environment }), past };
}

async function lengthen(journalFolder: string, changes: number): Promise<LongPast> {
  const reader = new HistoryReader(journalFolder, VALUES_AS_STORED);
  const first = reader.lastNumber;
  const segments = (await readdir(journalFolder)).map(segmentNumber).filter((one) => one !== undefined);
  const path = join(journalFolder, segmentName(Math.max(...segments)));
  for (let done = 0; done < changes; done += RECORDS_AT_ONCE) {
    const count = Math.min(RECORDS_AT_ONCE, changes - done);
    const records = Array.from({ length: count }, (_, index) =>
      recordOf(first + 1, first + 1 + done + index),
    );
    await appendFile(path, records.join(''), 'latin1');
  }
  return { first, last: first + changes };
}

function recordOf(start: number, number: number): string {
  const change = changeOf(number - start);
  const commit = { number, at: new Date(), by: ADMINISTRATOR, id: randomUUID(), changes: [change] };
  return formatJournalRecord(commit, number, number);
}

function changeOf(index: number): Change {
  const dn = Dn.parse(mailServerDn(`Long ${index % ENTRIES}`));
  const server = `mail${index}.example.com`;
  if (index < ENTRIES) {
    const attributes = { objectClass: ['top', 'ds-cfg-mail-server'], 'ds-cfg-enabled': 'false' };
    return { type: 'add', entry: Entry.of(dn, { ...attributes, 'ds-cfg-smtp-server': server }) };
  }
  const attribute = new Attribute('ds-cfg-smtp-server', [server]);
  return { type: 'modify', dn, modifications: [{ operation: 'replace', attribute }] };
}

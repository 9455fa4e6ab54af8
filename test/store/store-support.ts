// Commits and stores for the tests of this room.

import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { Change } from '../../src/ldap/change.ts';
import { Dn } from '../../src/ldap/dn.ts';
import { Attribute, Entry } from '../../src/ldap/entry.ts';
import { VALUES_AS_STORED } from '../../src/store/encryption/stored-values.ts';
import { type LdifStoreOptions, type OpenedLdifStore, openLdifStore } from '../../src/store/ldif-store.ts';
import type { Commit } from '../../src/store/store.ts';
import { removeFolder } from '../support/folders.ts';

export const ADMIN = 'cn=admin,cn=Root DNs,cn=config';

export function commit(number: number, changes: readonly Change[] = [setPort(number)], by = ADMIN): Commit {
  const id = `5f0c7a8e-1b1c-4c3f-8a6f-${String(number).padStart(12, '0')}`;
  return { number, at: new Date(Date.UTC(2026, 10, 22, 8, 15, 0, number)), by, id, changes };
}

export function commitsFrom(first: number, last: number): Commit[] {
  return Array.from({ length: last - first + 1 }, (_, index) => commit(first + index));
}

export function setPort(port: number): Change {
  const attribute = new Attribute('ds-cfg-smtp-server', [`mail.example.com:${port}`]);
  const dn = Dn.parse('cn=A,cn=Mail Servers,cn=config');
  return { type: 'modify', dn, modifications: [{ operation: 'replace', attribute }] };
}

export function entry(name: string, attributes: Record<string, string | string[]> = {}): Entry {
  return Entry.of(Dn.parse(`cn=${name},cn=config`), { objectClass: 'top', cn: name, ...attributes });
}

/** Equal texts are equal commits or entries, down to the last octet. */
export function shown(things: unknown): string[] {
  return Array.isArray(things) ? things.map(textOf) : [textOf(things)];
}

/** Of an entry what it says, however it keeps that. */
function textOf(thing: unknown): string {
  return JSON.stringify(thing, (_, value: unknown) =>
    value instanceof Entry ? { dn: value.dn.toString(), attributes: value.attributes } : value,
  );
}

export async function allOf<Thing>(things: AsyncIterable<Thing>): Promise<Thing[]> {
  const all: Thing[] = [];
  for await (const thing of things) all.push(thing);
  return all;
}

export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'confdit-store-'));
  onTestFinished(() => removeFolder(folder));
  return folder;
}

/** Opens a store that is closed, at the latest, when the test ends. */
export async function openStore(
  folder: string,
  options: Partial<LdifStoreOptions> = {},
): Promise<OpenedLdifStore> {
  const opened = await openLdifStore({
    folder,
    log: { warn: () => undefined, error: () => undefined },
    now: () => new Date('2026-11-22T09:00:00.000Z'),
    values: VALUES_AS_STORED,
    ...options,
  });
  onTestFinished(() => opened.store.close().catch(() => undefined));
  return opened;
}

// Very many changes at once: the hashes of their passwords are computed side by side.

import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { readLdif } from '../../src/codec/ldif-reader.ts';
import { type Derivation, deriveForCommand } from '../../src/config/passwords/derivation.ts';
import { findStored } from '../../src/config/passwords/stored-password.ts';
import { BulkImport } from '../../src/configuration/loading/bulk-import.ts';
import { openConfiguration } from '../../src/instance/open-configuration.ts';
import { accountLdif } from '../support/accounts.ts';
import { removeFolder } from '../support/folders.ts';

const PEOPLE = ['one', 'two', 'three'];
const passwordOf = (name: string) => `password of ${name}`;

it('hashes the passwords of all that is ahead side by side', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'confdit-bulk-'));
  onTestFinished(() => removeFolder(folder));
  const silent = { info: () => {}, warn: () => {}, error: () => {} };
  const choice = { instance: join(folder, 'i'), definitions: [] };
  const { configuration, store } = await openConfiguration({
    choice,
    environment: {},
    now: () => new Date(),
    log: silent,
  });
  const begun = new Set<string>();
  const all = Promise.withResolvers<void>();
  // Nothing is computed before the password of everybody is asked for: one after the other would wait for ever.
  const derive = async (derivation: Derivation) => {
    begun.add(Buffer.from(derivation.password).toString());
    if (begun.size === PEOPLE.length) all.resolve();
    await all.promise;
    return deriveForCommand(derivation);
  };
  const bulk = new BulkImport({
    findPolicy: () => undefined,
    configuration,
    derive,
    at: new Date(),
    by: 'cn=Test',
    id: 'id',
  });
  const text = PEOPLE.map((name) => accountLdif(name, { password: passwordOf(name) })).join('\n');
  const changes = [...readLdif(text)].map((record) => {
    if (record.type === 'change') return record.change;
    return { type: 'add' as const, entry: record.entry };
  });
  bulk.prepare(changes);
  for (const change of changes) await bulk.take(change, { file: 0, line: 1 });
  bulk.validate();
  expect(bulk.problems).toEqual([]);
  for (const [index, name] of PEOPLE.entries()) {
    const change = bulk.changes[index];
    const stored = change?.type === 'add' ? change.entry.values('userpassword') : [];
    expect(await findStored(stored, passwordOf(name), deriveForCommand)).toEqual(stored);
  }
  await store.close();
});

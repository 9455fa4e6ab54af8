// The LDIF store on a real disk: the contract, and what the files look like.

import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readLdif } from '../../src/codec/ldif-reader.ts';
import { formatEntry } from '../../src/codec/ldif-writer.ts';
import { removeFolder } from '../support/folders.ts';
import { describeStore } from './store-conformance.ts';
import { commit, commitsFrom, entry, openStore, setPort, shown, temporaryFolder } from './store-support.ts';

describeStore('the LDIF store', { open: openStore, newPlace: temporaryFolder });

const JOURNAL = 'journal/journal-000000000001.ldif';

async function modes(folder: string): Promise<string[]> {
  const names = ['', ...(await readdir(folder, { recursive: true }))].sort();
  const stats = await Promise.all(names.map((name) => stat(join(folder, name))));
  return names.map(
    (name, index) =>
      `${name.replace(/^server-.*/, 'lock')} ${((stats[index]?.mode ?? 0) & 0o777).toString(8)}`,
  );
}

describe('the journal', () => {
  it('is LDIF under comments that say who and when', async () => {
    const folder = await temporaryFolder();
    const { store } = await openStore(folder);
    await store.append([
      commit(1, [setPort(25), setPort(587)]),
      commit(2, [setPort(465)], 'cn=Jörg,cn=config'),
    ]);
    const text = await readFile(join(folder, JOURNAL), 'latin1');
    expect(text).toBe(
      [
        'version: 1',
        '# The journal of the configuration: read it, do not edit it.',
        '',
        '# change 1 batch 1-2 at 2026-11-22T08:15:00.001Z id 5f0c7a8e-1b1c-4c3f-8a6f-000000000001 bytes 251 crc32 6c1dd162 9b4eae68 by cn=admin,cn=Root DNs,cn=config',
        'dn: cn=A,cn=Mail Servers,cn=config',
        'changetype: modify',
        'replace: ds-cfg-smtp-server',
        'ds-cfg-smtp-server: mail.example.com:25',
        '-',
        '',
        'dn: cn=A,cn=Mail Servers,cn=config',
        'changetype: modify',
        'replace: ds-cfg-smtp-server',
        'ds-cfg-smtp-server: mail.example.com:587',
        '-',
        '',
        '# change 2 batch 1-2 at 2026-11-22T08:15:00.002Z id 5f0c7a8e-1b1c-4c3f-8a6f-000000000002 bytes 126 crc32 b12b769d 996d847f by cn=J%c3%b6rg,cn=config',
        'dn: cn=A,cn=Mail Servers,cn=config',
        'changetype: modify',
        'replace: ds-cfg-smtp-server',
        'ds-cfg-smtp-server: mail.example.com:465',
        '-',
        '',
        '',
      ].join('\n'),
    );
    expect(readLdif(text).map((record) => record.type === 'change' && JSON.stringify(record.change))).toEqual(
      shown([setPort(25), setPort(587), setPort(465)]),
    );
  });

  it('is begun again with every snapshot that has something to say, and the old file goes if nobody wants it', async () => {
    const folder = await temporaryFolder();
    const { store } = await openStore(folder);
    await store.snapshot([], 0);
    expect(await readdir(join(folder, 'journal'))).toEqual(['journal-000000000001.ldif']);
    await store.append(commitsFrom(1, 17));
    await store.snapshot([], 10);
    expect(await readdir(join(folder, 'journal'))).toEqual([
      'journal-000000000001.ldif',
      'journal-000000000018.ldif',
    ]);
    await store.snapshot([], 17);
    expect(await readdir(join(folder, 'journal'))).toEqual(['journal-000000000018.ldif']);
  });

  it('and all else the store makes is for the server’s user alone', async () => {
    const folder = join(await temporaryFolder(), 'instance', 'config');
    const { store } = await openStore(folder);
    await store.append([commit(1)]);
    await store.snapshot([entry('A')], 1);
    expect(await modes(folder)).toEqual([
      ' 700',
      'archived-configs 700',
      'archived-configs/config-000000000001.ldif.gz 600',
      'config.ldif 600',
      'journal 700',
      'journal/journal-000000000002.ldif 600',
      'lock 600',
    ]);
  });
});

describe('config.ldif', () => {
  it('is taken as it is shipped, as the state before the first change', async () => {
    const folder = await temporaryFolder();
    await writeFile(
      join(folder, 'config.ldif'),
      `# Shipped.\nversion: 1\n\n${formatEntry(entry('A'))}\n${formatEntry(entry('B'))}`,
    );
    const { store, entries, snapshotNumber, edited, warnings } = await openStore(folder);
    expect(shown(entries)).toEqual(shown([entry('A'), entry('B')]));
    expect([snapshotNumber, edited, warnings]).toEqual([0, undefined, []]);
    await store.append([commit(1)]);
    await store.close();
    const again = await openStore(folder);
    expect([again.entries.length, again.commits.length]).toEqual([2, 1]);
  });

  it('that was edited is taken, with a warning, when nobody knows what it was', async () => {
    const folder = await temporaryFolder();
    const first = await openStore(folder);
    await first.store.append([commit(1)]);
    await first.store.snapshot([entry('A')], 1);
    await first.store.close();
    const path = join(folder, 'config.ldif');
    await writeFile(path, `${await readFile(path, 'utf8')}description: by hand, ä\n`);
    await removeFolder(join(folder, 'archived-configs'));
    const { entries, snapshotNumber, edited, warnings } = await openStore(folder);
    expect(shown(entries)).toEqual(shown([entry('A', { description: 'by hand, ä' })]));
    expect([snapshotNumber, edited]).toEqual([1, undefined]);
    expect(warnings).toEqual([expect.stringContaining(`${path} was edited`)]);
  });

  it('of many pieces is read as it was written, and cut in no character', async () => {
    const folder = await temporaryFolder();
    const entries = Array.from({ length: 3_000 }, (_, index) =>
      entry(`E${index}`, { description: `${'ä'.repeat(100)}` }),
    );
    const plain = entries.map((one) =>
      formatEntry(one).replace(/description::.*/s, `description: ${'ä'.repeat(100)}\n`),
    );
    await writeFile(join(folder, 'config.ldif'), plain.join('\n'));
    const first = await openStore(folder);
    expect(shown(first.entries)).toEqual(shown(entries));
    await first.store.snapshot(first.entries, 0);
    await first.store.close();
    const second = await openStore(folder);
    expect(shown(second.entries)).toEqual(shown(entries));
    expect(second.edited).toBe(undefined);
  });

  it.each([
    ['dn: cn=A\ncn A\n', 'Line 2: The line has no colon'],
    ['dn: cn=A\nchangetype: delete\n', 'Line 1: Only entries are allowed here'],
    ['# confdit snapshot through change 000000000017\ndn: cn=A\n', 'The first line'],
  ])('%j is refused', async (text, problem) => {
    const folder = await temporaryFolder();
    await writeFile(join(folder, 'config.ldif'), text);
    await expect(openStore(folder)).rejects.toThrow(problem);
    await expect(openStore(folder)).rejects.toThrow(join(folder, 'config.ldif'));
  });

  it('is not taken for new when it is missing and there is a journal', async () => {
    const folder = await temporaryFolder();
    await mkdir(join(folder, 'journal'));
    await writeFile(join(folder, JOURNAL), '');
    await expect(openStore(folder)).rejects.toThrow('config.ldif is missing');
  });

  it('left half-written by a server that stopped is removed', async () => {
    const folder = await temporaryFolder();
    await writeFile(join(folder, 'config.ldif.tmp'), 'dn: cn=h');
    await openStore(folder);
    expect(await readdir(folder)).not.toContain('config.ldif.tmp');
  });

  it('left half-written in the archive is removed, and archives that are whole stay', async () => {
    const folder = await temporaryFolder();
    const first = await openStore(folder);
    await first.store.append(commitsFrom(1, 2));
    await first.store.snapshot([entry('A')], 2, undefined);
    await first.store.close();
    const archives = join(folder, 'archived-configs');
    const whole = await readdir(archives);
    await writeFile(join(archives, 'config-000000000003.ldif.gz.tmp'), 'half');
    await openStore(folder);
    expect([whole.length > 0, await readdir(archives)]).toEqual([true, whole]);
  });
});

describe('a folder', () => {
  it('that is a file is refused with a sentence', async () => {
    const folder = join(await temporaryFolder(), 'config');
    await writeFile(folder, '');
    await expect(openStore(folder)).rejects.toThrow(`The folder ${folder}/journal cannot be made: `);
  });
});

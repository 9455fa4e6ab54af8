import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { ConfigurationObject } from '../../src/config/configuration-object.ts';
import { FileReader } from '../../src/files/file-reader.ts';
import { Dn } from '../../src/ldap/dn.ts';
import type { ObjectDifference } from '../../src/runtime/component.ts';
import { trustManagers } from '../../src/runtime/trust-managers.ts';
import { StoreReader } from '../../src/trust/store-reader.ts';
import { Authority } from '../support/certificates.ts';
import { removeFolder } from '../support/folders.ts';

const KIND = 'pem-trust-manager-provider';
const KEY = 'site';

let instanceFolder: string;

beforeAll(async () => {
  instanceFolder = await mkdtemp(join(tmpdir(), 'confdit-trust-'));
  const authority = await Authority.create('Site');
  await writeFile(join(instanceFolder, 'ca.pem'), await authority.certificate);
  await authority.remove();
});
afterAll(() => removeFolder(instanceFolder));

it('a trust manager reports a change when it is in force, and not when it is prepared', async () => {
  const files = new FileReader();
  const stores = new StoreReader(files);
  const inForceAtReport: boolean[] = [];
  const log = { info: () => {}, warn: () => {} };
  const managers = trustManagers(
    {
      instanceFolder,
      files,
      log,
      now: () => new Date(),
      isStarting: () => false,
      certificatesBelow: () => ({ read: async () => [], stamp: async () => '' }),
      changed: () => inForceAtReport.push(managers.find(KEY) !== undefined),
    },
    stores,
  );
  const after: ConfigurationObject = {
    kind: KIND,
    dn: Dn.parse('cn=Site'),
    name: 'Site',
    enabled: true,
    javaClass: '',
    pemDirectory: '.',
    excludedFilenamePattern: [],
  };
  const kinds = { before: undefined, after: KIND };
  const difference: ObjectDifference = {
    key: KEY,
    kinds,
    before: undefined,
    after,
    written: after,
    mentions: () => true,
  };
  const component = managers.components.find(({ kind }) => kind === KIND);
  const prepared = await component?.prepare(difference);
  expect(inForceAtReport).toEqual([]);
  prepared?.commit();
  expect(inForceAtReport).toEqual([true]);
  stores.close();
});

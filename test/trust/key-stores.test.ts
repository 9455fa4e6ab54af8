import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FileReader } from '../../src/files/file-reader.ts';
import type { KeyStoreType } from '../../src/trust/key-store.ts';
import { parseKeyStore } from '../../src/trust/store-format.ts';
import { StoreReader } from '../../src/trust/store-reader.ts';
import { TrustError } from '../../src/trust/trust-error.ts';
import { Authority, type Issued } from '../support/certificates.ts';
import { removeFolder } from '../support/folders.ts';
import {
  JKS_KEY,
  JKS_KEY_WITH_OWN_PASSWORD,
  JKS_TRUST,
  PIN,
  PKCS12_KEY,
  PKCS12_TRUST,
} from './java-stores.ts';

let folder: string;
let authority: Authority;
let rsa: Issued;
let elliptic: Issued;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'confdit-trust-'));
  authority = await Authority.create();
  [rsa, elliptic] = await Promise.all([
    authority.issue({ subject: '/O=Example/CN=rsa', keyType: 'RSA' }),
    authority.issue({ subject: '/O=Example/CN=elliptic' }),
  ]);
});

afterAll(() => Promise.all([authority.remove(), removeFolder(folder)]));

const stores = new StoreReader(new FileReader());

async function read(octets: Buffer | string, pin?: string, type?: KeyStoreType) {
  const path = join(folder, 'store');
  await writeFile(path, octets);
  return stores.read({ path, pin, type });
}

describe('PKCS#12 as openssl writes it', () => {
  it.each([
    ['today', () => authority.pkcs12(rsa, PIN, '-name', 'mail')],
    ['long ago', () => authority.pkcs12(rsa, PIN, '-name', 'mail', '-legacy')],
    ['without a MAC', () => authority.pkcs12(rsa, PIN, '-name', 'mail', '-nomac')],
    ['with a key on a curve', () => authority.pkcs12(elliptic, PIN, '-name', 'mail')],
  ])('%s', async (_, make) => {
    const { keys, authorities } = await read(await make(), PIN, 'PKCS12');
    expect(keys.map(({ alias }) => alias)).toEqual(['mail']);
    expect(keys[0]?.certificate.subject).toMatch(/^O=Example\nCN=(rsa|elliptic)$/);
    expect(keys[0]?.chain.map(({ subject }) => subject)).toEqual(['CN=Test Authority']);
    expect(authorities.map(({ subject }) => subject)).toEqual(['CN=Test Authority']);
  });

  it('a key without a name is called by its number', async () => {
    const { keys } = await read(await authority.pkcs12(rsa, PIN), PIN);
    expect(keys.map(({ alias }) => alias)).toEqual(['1']);
  });

  it('an empty PIN is no PIN', async () => {
    const octets = await authority.pkcs12(rsa, '');
    expect((await read(octets)).keys).toHaveLength(1);
    expect((await read(octets, '')).keys).toHaveLength(1);
  });

  it.each(['gewürz', '秘密', 'with spaces'])('the PIN may be %j', async (pin) => {
    expect((await read(await authority.pkcs12(rsa, pin), pin)).keys).toHaveLength(1);
  });
});

describe('stores of Java', () => {
  it.each([
    ['PKCS12', PKCS12_KEY],
    ['JKS', JKS_KEY],
  ] as const)('of type %s give keys', async (type, octets) => {
    const { keys, authorities } = await read(octets, PIN, type);
    expect(keys.map(({ alias, certificate }) => [alias, certificate.subject])).toEqual([
      ['server', 'O=Example\nCN=server'],
    ]);
    expect(authorities).toEqual([]);
  });

  it.each([
    ['PKCS12', PKCS12_TRUST],
    ['JKS', JKS_TRUST],
  ] as const)('of type %s give authorities', async (type, octets) => {
    const { keys, authorities } = await read(octets, PIN, type);
    expect(keys).toEqual([]);
    expect(authorities.map(({ subject }) => subject)).toEqual(['CN=Example Authority']);
  });

  it('of type JKS show certificates to those who have no PIN, and no keys', async () => {
    expect((await read(JKS_TRUST)).authorities).toHaveLength(1);
    await expect(read(JKS_KEY)).rejects.toThrow('needs a PIN, and none is set');
  });

  it('of type JKS whose key has a password of its own are refused', async () => {
    await expect(read(JKS_KEY_WITH_OWN_PASSWORD, PIN)).rejects.toThrow('The key other in');
  });
});

describe('refused is', () => {
  it.each([
    ['a wrong PIN', PKCS12_KEY, 'wrong', undefined, 'does not open with the PIN that is set'],
    ['a wrong PIN', JKS_KEY, 'wrong', undefined, 'does not open with the PIN that is set'],
    ['a missing PIN', PKCS12_KEY, undefined, undefined, 'needs a PIN, and none is set'],
    ['another type', PKCS12_KEY, PIN, 'JKS', 'is a PKCS12 store, not JKS'],
    ['another type', JKS_KEY, PIN, 'PKCS12', 'is a JKS store, not PKCS12'],
    ['text', 'no store', PIN, undefined, 'is neither a PKCS#12 nor a JKS store'],
    ['nothing', '', PIN, undefined, 'is neither a PKCS#12 nor a JKS store'],
    ['a store that is cut short', PKCS12_KEY.subarray(0, 300), PIN, undefined, 'is damaged'],
    ['a store that is cut short', JKS_KEY.subarray(0, 300), PIN, undefined, 'or is damaged'],
    ['a store that is cut short', JKS_TRUST.subarray(0, 100), undefined, undefined, 'is damaged'],
  ] as const)('%s', async (_, octets, pin, type, text) => {
    const refusal = await read(octets, pin, type).catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(TrustError);
    expect(String(refusal)).toContain(text);
    expect(String(refusal)).not.toContain(pin ?? 'secret');
  });

  it('a file that is not there', async () => {
    const path = join(folder, 'none');
    await expect(stores.read({ path, pin: undefined, type: undefined })).rejects.toThrow(
      'there is none at this path',
    );
  });

  it('a folder', async () => {
    await expect(stores.read({ path: folder, pin: undefined, type: undefined })).rejects.toThrow(TrustError);
  });

  it('a store with wrong octets, or it is read all the same; nothing else happens', () => {
    const stores = [JKS_KEY, JKS_TRUST, PKCS12_TRUST];
    const change = fc.tuple(fc.nat(), fc.nat(255));
    fc.assert(
      fc.property(
        fc.constantFrom(...stores),
        fc.array(change, { minLength: 1, maxLength: 3 }),
        (store, changes) => {
          const octets = Buffer.from(store);
          for (const [at, value] of changes) octets[at % octets.length] = value;
          const outcome = outcomeOf(octets);
          if (outcome instanceof Error) expect(outcome).toBeInstanceOf(TrustError);
        },
      ),
      { numRuns: 150 },
    );
  });

  it('a store that nests deeper than anybody reads', async () => {
    const refusal = await read(Buffer.from('3080'.repeat(500_000), 'hex'), PIN).catch(
      (error: unknown) => error,
    );
    expect(refusal).toBeInstanceOf(TrustError);
  });
});

function outcomeOf(octets: Buffer): unknown {
  try {
    return parseKeyStore(octets, { path: 'store', pin: undefined, type: undefined });
  } catch (error) {
    return error;
  }
}

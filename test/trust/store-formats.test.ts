// Trust stores in every format, and with every default, that keytool and openssl have had in ten years, made by the two
// programs themselves.

import { generateKeyPairSync } from 'node:crypto';
import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import forge from 'node-forge';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FileReader } from '../../src/files/file-reader.ts';
import type { KeyStoreType } from '../../src/trust/key-store.ts';
import { StoreReader } from '../../src/trust/store-reader.ts';
import { TrustError } from '../../src/trust/trust-error.ts';
import { Authority } from '../support/certificates.ts';
import { removeFolder } from '../support/folders.ts';
import { javaSettings, keyTool } from '../support/key-tool.ts';
import { runProgram } from '../support/ldap-tools.ts';

const PIN = 'secret1';
const OTHER_PIN = 'secret2';

const P12 = 'keystore.pkcs12';

/** Words for keytool beside `-importcert`; a type that is left out is the default of Java 9 and newer. */
const JAVA_STORES: readonly (readonly [string, readonly string[]])[] = [
  ['by default', []],
  ['as JKS, the default up to Java 8', ['-storetype', 'JKS']],
  ['as PKCS12 of Java 8: RC2 with 40 bits, SHA-1', ['-storetype', 'PKCS12', '-J-Dkeystore.pkcs12.legacy']],
  [
    'as PKCS12 of Java 11 to 15: Triple DES',
    javaSettings({ [`${P12}.certProtectionAlgorithm`]: 'PBEWithSHA1AndDESede' }),
  ],
  [
    'with 100,000 rounds',
    javaSettings({ [`${P12}.certPbeIterationCount`]: '100000', [`${P12}.macIterationCount`]: '100000' }),
  ],
  [
    'with SHA-512',
    javaSettings({
      [`${P12}.certProtectionAlgorithm`]: 'PBEWithHmacSHA512AndAES_256',
      [`${P12}.macAlgorithm`]: 'HmacPBESHA512',
    }),
  ],
  ['with AES-128', javaSettings({ [`${P12}.certProtectionAlgorithm`]: 'PBEWithHmacSHA256AndAES_128' })],
];

const WITHOUT_PIN = javaSettings({
  [`${P12}.certProtectionAlgorithm`]: 'NONE',
  [`${P12}.macAlgorithm`]: 'NONE',
});

/** Words for `openssl pkcs12 -export -nokeys`. */
const OPENSSL_STORES: readonly (readonly [string, readonly string[]])[] = [
  ['by default: AES-256, SHA-256', []],
  ['by the default of OpenSSL 1: RC2 with 40 bits, SHA-1', ['-legacy']],
  ['with Triple DES', ['-legacy', '-descert']],
  ['with AES-128', ['-certpbe', 'AES-128-CBC']],
  ['with AES-192', ['-certpbe', 'AES-192-CBC']],
  ['not encrypted', ['-certpbe', 'NONE']],
  ['with SHA-1', ['-macalg', 'sha1']],
  ['with SHA-384', ['-macalg', 'sha384']],
  ['with SHA-512', ['-macalg', 'sha512']],
  ['with 100,000 rounds', ['-iter', '100000']],
  ['with one round', ['-noiter', '-nomaciter']],
];

let folder: string;
let authority: Authority;
let count = 0;
const stores = new StoreReader(new FileReader());

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'confdit-stores-'));
  authority = await Authority.create('Example Authority');
});

afterAll(() => Promise.all([authority.remove(), removeFolder(folder)]));

async function fileOf(octets: Buffer | string): Promise<string> {
  count += 1;
  const path = join(folder, String(count));
  await writeFile(path, octets);
  return path;
}

async function read(path: string, pin?: string, type?: KeyStoreType): Promise<readonly string[]> {
  return (await stores.readAuthorities({ path, pin, type })).map(({ subject }) => subject);
}

async function refusalOf(path: string, pin?: string, type?: KeyStoreType): Promise<string> {
  const outcome = await read(path, pin, type).catch((error: unknown) => error);
  expect(outcome).toBeInstanceOf(TrustError);
  expect(String(outcome)).not.toContain(pin ?? PIN);
  return String(outcome);
}

function javaStore(words: readonly string[]): Promise<Buffer> {
  const file = authority.certificateFile;
  return keyTool(...words, '-importcert', '-noprompt', '-alias', 'ca', '-file', file, '-storepass', PIN);
}

async function opensslStore(words: readonly string[]): Promise<string> {
  const path = await fileOf('');
  const { code, stderr } = await runProgram('openssl', [
    ...['pkcs12', '-export', '-nokeys', '-in', authority.certificateFile, '-passout', `pass:${PIN}`],
    ...['-out', path, ...words],
  ]);
  expect(code, stderr).toBe(0);
  return path;
}

describe('a trust store of keytool', () => {
  it.each(JAVA_STORES)('%s', async (_, words) => {
    const path = await fileOf(await javaStore(words));
    expect(await read(path, PIN)).toEqual(['CN=Example Authority']);
    expect(await refusalOf(path, OTHER_PIN)).toContain('does not open with the PIN that is set');
  });

  it('without a PIN', async () => {
    const path = await fileOf(await javaStore(WITHOUT_PIN));
    expect(await read(path)).toEqual(['CN=Example Authority']);
  });

  it('as JCEKS is refused with the way out', async () => {
    const path = await fileOf(await javaStore(['-storetype', 'JCEKS']));
    expect(await refusalOf(path, PIN)).toContain(
      'is a JCEKS store, which only Java reads. Convert it with keytool',
    );
  });

  it('with RC4 is refused by the name of it, and not as if the PIN were wrong', async () => {
    const words = javaSettings({ [`${P12}.certProtectionAlgorithm`]: 'PBEWithSHA1AndRC4_128' });
    const path = await fileOf(await javaStore(words));
    expect(await refusalOf(path, PIN)).toContain('is encrypted with RC4');
    expect(await refusalOf(path, OTHER_PIN)).toContain('does not open with the PIN that is set');
  });

  it('that holds the key of a server trusts only the certificates that it lists', async () => {
    const path = await fileOf(
      await keyTool(
        ...['-genkeypair', '-alias', 'own', '-keyalg', 'EC', '-dname', 'CN=own', '-storepass', PIN],
      ),
    );
    expect(await read(path, PIN)).toEqual([]);
  });
});

it('a store of keytool with a key trusts those that it lists beside it', async () => {
  const between = await authority.subordinate('Between');
  const path = await fileOf(
    await keyTool(
      ...['-genkeypair', '-alias', 'own', '-keyalg', 'EC', '-dname', 'CN=own', '-storepass', PIN],
    ),
  );
  const words = ['-importcert', '-noprompt', '-alias', 'listed', '-file', between.certificateFile];
  const { code, stderr } = await runProgram('keytool', [...words, '-storepass', PIN, '-keystore', path]);
  expect(code, stderr).toBe(0);
  await between.remove();
  expect(await read(path, PIN)).toEqual(['CN=Between']);
});

describe('a trust store of openssl', () => {
  it.each(OPENSSL_STORES)('%s', async (_, words) => {
    const path = await opensslStore(words);
    expect(await read(path, PIN, 'PKCS12')).toEqual(['CN=Example Authority']);
    expect(await refusalOf(path, OTHER_PIN)).toContain('does not open with the PIN that is set');
  });

  it.each(['sha224', 'sha3-256'])(
    'with the MAC %s is refused by that, whatever the PIN',
    async (algorithm) => {
      const path = await opensslStore(['-macalg', algorithm]);
      const told =
        /has a MAC of a kind that is not known here \(2\.16[\d.]+\)\. Write it again with openssl .* -macalg sha256\.$/;
      expect(await refusalOf(path, PIN)).toMatch(told);
      expect(await refusalOf(path, OTHER_PIN)).toMatch(told);
    },
  );

  it('without a MAC and not encrypted needs no PIN', async () => {
    const path = await opensslStore(['-nomac', '-certpbe', 'NONE']);
    expect(await read(path)).toEqual(['CN=Example Authority']);
  });
});

describe('what is no store is told apart', () => {
  it.each([
    ['a PEM file', () => authority.certificate, 'is a PEM file and no store'],
    ['a single certificate', () => singleCertificate(), 'begins like a single certificate or a BCFKS store'],
    ['nothing', async () => '', 'is neither a PKCS#12 nor a JKS store'],
  ])('%s', async (_, make, text) => {
    expect(await refusalOf(await fileOf(await make()), PIN)).toContain(text);
  });

  it('a JKS store that should be PKCS12', async () => {
    const path = await opensslStore([]);
    expect(await refusalOf(path, PIN, 'JKS')).toContain('is a PKCS12 store, not JKS. Correct the type');
  });
});

describe('a store that asks for two thousand million rounds is refused before one is done', () => {
  it.each(['MAC', 'certificates', 'key'])('for its %s', async (part) => {
    const path = await opensslStore([]);
    const whole = forge.asn1.fromDer((await readFile(path)).toString('latin1'));
    const withoutMac = { ...whole, value: whole.value.slice(0, 2) } as forge.asn1.Asn1;
    const store = part === 'key' ? withKeyBag() : withRounds(part === 'MAC' ? whole : withoutMac);
    await writeFile(path, Buffer.from(forge.asn1.toDer(store).getBytes(), 'latin1'));
    expect(await refusalOf(path, PIN)).toContain(
      'asks for 2147483647 rounds of key derivation; 10000000 are',
    );
  });
});

/** Every number of rounds that OpenSSL writes by default becomes a large one, also within octets that are DER. */
function withRounds(node: forge.asn1.Asn1): forge.asn1.Asn1 {
  if (typeof node.value !== 'string') return { ...node, value: node.value.map(withRounds) };
  if (node.type === forge.asn1.Type.INTEGER && node.value === '\x08\x00')
    return { ...node, value: '\x7f\xff\xff\xff' };
  if (node.type !== forge.asn1.Type.OCTETSTRING || node.value[0] !== '0') return node;
  try {
    return { ...node, value: forge.asn1.toDer(withRounds(forge.asn1.fromDer(node.value))).getBytes() };
  } catch {
    return node;
  }
}

/** A key that is encrypted, within contents that are not. */
function withKeyBag(): forge.asn1.Asn1 {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 1024 });
  const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  const store = forge.pkcs12.toPkcs12Asn1(forge.pki.privateKeyFromPem(pem), [], PIN, {
    algorithm: 'aes256',
    count: 2048,
    useMac: false,
    generateLocalKeyId: false,
  });
  return withRounds(store);
}

it('a store that takes long to open keeps nobody waiting', async () => {
  const path = await opensslStore(['-iter', '200000']);
  let turns = 0;
  const others = setInterval(() => {
    turns += 1;
  });
  await read(path, PIN);
  clearInterval(others);
  // Opening takes some tenths of a second, in which it would have had none.
  expect(turns).toBeGreaterThan(5);
});

it('whoever closes the reader does not wait for a store that takes long to open', async () => {
  const path = await opensslStore(['-iter', '200000']);
  const reader = new StoreReader(new FileReader());
  // The thread is there already, so that the first of the two is under way at once.
  await reader.read({ path: await opensslStore([]), pin: PIN, type: undefined });
  const outcomes = Promise.allSettled(
    [path, path].map((one) => reader.read({ path: one, pin: PIN, type: undefined })),
  );
  await setImmediate();
  reader.close();
  expect((await outcomes).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
});

describe('a store that takes long to open', () => {
  const question = async () => ({ path: await opensslStore(['-iter', '200000']), pin: PIN, type: undefined });

  it('is given up when the processor has been busy with it for too long', async () => {
    const reader = readerWith({ waitsMax: Number.POSITIVE_INFINITY, given: Number.POSITIVE_INFINITY });
    await expect(reader.read(await question())).rejects.toThrow(/more than 0.001 seconds of computing/);
    reader.close();
  });

  it('is given up when the processor is not to be had for very long', async () => {
    const reader = readerWith({ waitsMax: 2, given: 0 });
    await expect(reader.read(await question())).rejects.toThrow(/more than 0.001 seconds of computing/);
    reader.close();
  });

  it('is waited for while the processor is not to be had', async () => {
    const reader = readerWith({ waitsMax: Number.POSITIVE_INFINITY, given: 0 });
    expect((await reader.read(await question())).authorities).toHaveLength(1);
    reader.close();
  });

  /** @param given milliseconds of the processor from the first look at it on. */
  function readerWith({ waitsMax, given }: { waitsMax: number; given: number }): StoreReader {
    const looks = [0].values();
    const processorMs = () => looks.next().value ?? given;
    return new StoreReader(new FileReader(), { openMsMax: 1, waitsMax, processorMs });
  }
});

async function singleCertificate(): Promise<Buffer> {
  const path = join(folder, 'single.der');
  const { code } = await runProgram('openssl', [
    'x509',
    '-in',
    authority.certificateFile,
    '-outform',
    'DER',
    '-out',
    path,
  ]);
  expect(code).toBe(0);
  return readFile(path);
}

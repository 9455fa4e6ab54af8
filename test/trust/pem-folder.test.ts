import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FileReader } from '../../src/files/file-reader.ts';
import { matchesFileName } from '../../src/trust/file-name-pattern.ts';
import { parsePem } from '../../src/trust/pem.ts';
import { readPemAuthorities, readPemKeys, stampPemFolder } from '../../src/trust/pem-folder.ts';
import { chooseKeys } from '../../src/trust/server-key.ts';
import { TrustError } from '../../src/trust/trust-error.ts';
import { Authority, type Issued } from '../support/certificates.ts';
import { removeFolder } from '../support/folders.ts';

const files = new FileReader();

const NOTHING: readonly string[] = [];

let base: string;
let count = 0;
let authority: Authority;
let brief: Issued;
let long: Issued;
let rsa: Issued;

beforeAll(async () => {
  base = await mkdtemp(join(tmpdir(), 'confdit-pem-'));
  authority = await Authority.create();
  [brief, long, rsa] = await Promise.all([
    authority.issue({ subject: '/CN=brief', days: 2 }),
    authority.issue({ subject: '/CN=long', days: 20 }),
    authority.issue({ subject: '/CN=rsa', keyType: 'RSA' }),
  ]);
});

afterAll(() => Promise.all([authority.remove(), removeFolder(base)]));

async function folderWith(files: Readonly<Record<string, string>>): Promise<string> {
  count += 1;
  const folder = join(base, String(count));
  await mkdir(folder);
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
  return folder;
}

/** As `openssl rsa -aes256 -traditional` does. */
function encryptedAsOnceUsual(key: string): string {
  const words = ['rsa', '-aes256', '-traditional', '-passout', 'pass:secret'];
  return execFileSync('openssl', words, { input: key, encoding: 'utf8', stdio: ['pipe', 'pipe', 'ignore'] });
}

describe('the keys of a folder', () => {
  it('are called by the names of their files, and files without keys are left alone', async () => {
    const folder = await folderWith({
      'b.pem': brief.pem,
      'a.pem': `Some words before.\n${long.pem}`,
      'ca.crt': await authority.certificate,
      '.hidden': brief.pem,
      'c.pem.bak': 'broken',
    });
    const keys = await readPemKeys({ folder, excludedPatterns: ['*.bak'] }, files);
    expect(keys.map(({ alias, certificate, chain }) => [alias, certificate.subject, chain.length])).toEqual([
      ['a.pem', 'CN=long', 1],
      ['b.pem', 'CN=brief', 1],
    ]);
  });

  it.each([
    ['without a certificate', () => brief.key, 'has a private key and no certificate'],
    [
      'with the certificate of another key',
      () => `${brief.key}${long.certificate}`,
      'was issued for another private key',
    ],
    [
      'with a broken certificate',
      () => `${brief.key}-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----`,
      'cannot be read',
    ],
    [
      'with a broken key',
      () => '-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----',
      'a block PRIVATE KEY that cannot be read',
    ],
    ['with a key that is cut', () => `${brief.certificate}${brief.key.slice(0, -40)}`, 'may have been cut'],
    [
      'with a chain that is cut',
      () => `${brief.pem}${long.certificate.slice(0, 300)}`,
      'a block CERTIFICATE without the line "-----END CERTIFICATE-----"',
    ],
    [
      'with an encrypted key',
      () => '-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----',
      'is encrypted',
    ],
    [
      'with a key that openssl has encrypted as it used to',
      () => encryptedAsOnceUsual(rsa.key),
      'is encrypted',
    ],
  ])('%s are refused', async (_, text, problem) => {
    const folder = await folderWith({ 'server.pem': text() });
    const refusal = await readPemKeys({ folder, excludedPatterns: NOTHING }, files).catch(
      (error: unknown) => error,
    );
    expect(refusal).toBeInstanceOf(TrustError);
    expect(String(refusal)).toContain(problem);
    expect(String(refusal)).toContain('server.pem');
  });

  it.each<[name: string, (pem: string) => string]>([
    ['CRLF', (pem) => pem.replaceAll('\n', '\r\n')],
    ['CR', (pem) => pem.replaceAll('\n', '\r')],
    ['spaces before', (pem) => pem.replaceAll(/^/gm, '    ')],
    ['spaces behind', (pem) => pem.replaceAll('\n', '  \n')],
    ['no line ends', (pem) => pem.replaceAll('\n', '')],
    ['line ends written as \\n', (pem) => pem.replaceAll('\n', '\\n')],
    ['one long line', (pem) => pem.replaceAll(/(?<![-])\n(?!-)/g, '')],
    ['a byte order mark', (pem) => `\ufeff${pem}`],
    ['no line end at the end', (pem) => pem.trimEnd()],
    ['attributes of a bag', (pem) => `Bag Attributes\n    friendlyName: x\nsubject=CN=x\n${pem}`],
  ])('are read with %s', async (_, change) => {
    for (const pem of [brief.pem, rsa.pem]) {
      const folder = await folderWith({
        'server.pem': change(pem),
        'ca.pem': change(await authority.certificate),
      });
      const keys = await readPemKeys({ folder, excludedPatterns: ['ca.pem'] }, files);
      expect(keys.map(({ certificate }) => certificate.subject)).toEqual([
        pem === rsa.pem ? 'CN=rsa' : 'CN=brief',
      ]);
      const authorities = await readPemAuthorities({ folder, excludedPatterns: ['server.pem'] }, files);
      expect(authorities.map((one) => one.toString())).toEqual([await authority.certificate]);
    }
  });

  it('of a folder that is not there are refused', async () => {
    const source = { folder: join(base, 'none'), excludedPatterns: NOTHING };
    await expect(readPemKeys(source, files)).rejects.toThrow('there is none at this path');
  });
});

describe('the authorities of a folder', () => {
  it('are the first certificate of every file that has one', async () => {
    const folder = await folderWith({
      'one.pem': `${await authority.certificate}${brief.certificate}`,
      text: 'no certificate',
    });
    const found = await readPemAuthorities({ folder, excludedPatterns: NOTHING }, files);
    expect(found.map(({ subject }) => subject)).toEqual(['CN=Test Authority']);
  });

  it('do not mind a key beside them, nor whether it is encrypted', async () => {
    const folder = await folderWith({
      'a.pem': `${encryptedAsOnceUsual(rsa.key)}${rsa.certificate}`,
      'b.pem': `-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n${brief.certificate}`,
      'c.pem': long.pem,
    });
    const found = await readPemAuthorities({ folder, excludedPatterns: NOTHING }, files);
    expect(found.map(({ subject }) => subject)).toEqual(['CN=rsa', 'CN=brief', 'CN=long']);
  });
});

describe('the stamp of a folder', () => {
  it('changes with what is in its files and with the files themselves, and not without', async () => {
    const folder = await folderWith({ 'a.pem': 'one' });
    const source = { folder, excludedPatterns: ['*~'] };
    const first = await stampPemFolder(source, files);
    await writeFile(join(folder, 'a.pem~'), 'ignored');
    expect(await stampPemFolder(source, files)).toBe(first);
    await writeFile(join(folder, 'a.pem'), 'two');
    const second = await stampPemFolder(source, files);
    expect(second).not.toBe(first);
    await writeFile(join(folder, 'b.pem'), '');
    expect(await stampPemFolder(source, files)).not.toBe(second);
  });
});

describe('the keys that a server shows', () => {
  const inAWeek = new Date(Date.now() + 7 * 86_400_000);

  /** `at` is later than the making of the certificates, which are not valid before. */
  async function choose(aliases: readonly string[], at = new Date()): Promise<string[]> {
    const folder = await folderWith({ 'brief.pem': brief.pem, 'long.pem': long.pem, 'rsa.pem': rsa.pem });
    return chooseKeys(await readPemKeys({ folder, excludedPatterns: NOTHING }, files), aliases, at).map(
      ({ alias }) => alias,
    );
  }

  it('are the one of each type that is valid the longest', async () => {
    expect(await choose([])).toEqual(['long.pem', 'rsa.pem']);
  });

  it('are those that are named, in any case', async () => {
    expect(await choose(['BRIEF.pem'])).toEqual(['brief.pem']);
  });

  it('are valid ones as long as there is one', async () => {
    expect(await choose(['brief.pem', 'long.pem'], inAWeek)).toEqual(['long.pem']);
    expect(await choose(['brief.pem'], inAWeek)).toEqual(['brief.pem']);
  });

  it('are there, or the refusal says which are', async () => {
    await expect(choose(['mine.pem'])).rejects.toThrow(
      'No key is called mine.pem. There are brief.pem, long.pem, rsa.pem.',
    );
  });
});

describe('PEM', () => {
  it('is found between other text, and text without it is empty', () => {
    expect(parsePem('', 'x')).toEqual({ privateKeys: [], certificates: [] });
    expect(parsePem('-----BEGIN -----END', 'x').certificates).toEqual([]);
    expect(parsePem(`x${brief.certificate}y${brief.certificate}`, 'x').certificates).toHaveLength(2);
  });

  it('of any text ends in a result or in a sentence', () => {
    const part = fc.constantFrom(
      '-----BEGIN ',
      '-----END ',
      'CERTIFICATE',
      'PRIVATE KEY',
      '-----',
      '\n',
      'AAAA',
      'MII=',
    );
    fc.assert(
      fc.property(fc.array(part), (parts) => {
        try {
          parsePem(parts.join(''), 'file');
        } catch (error) {
          expect(error).toBeInstanceOf(TrustError);
        }
      }),
    );
  });
});

describe('a pattern for file names', () => {
  it.each([
    ['*.bak', 'a.bak', true],
    ['*.bak', 'a.bak.pem', false],
    ['*', '', true],
    ['?', '', false],
    ['a?c*', 'abcdef', true],
    ['*a*b*', 'xxaxxbxx', true],
    ['*a*b', 'ba', false],
    ['[a]', 'a', false],
    ['.*', 'x.', false],
  ])('%j on %j: %s', (pattern, name, fits) => {
    expect(matchesFileName(pattern, name)).toBe(fits);
  });

  it('means what the same words mean as a regular expression', () => {
    const letters = fc.string({ unit: fc.constantFrom('a', 'b', '*', '?'), maxLength: 8 });
    const names = fc.string({ unit: fc.constantFrom('a', 'b'), maxLength: 8 });
    fc.assert(
      fc.property(letters, names, (pattern, name) => {
        const same = new RegExp(`^${pattern.replaceAll('*', '.*').replaceAll('?', '.')}$`);
        expect(matchesFileName(pattern, name)).toBe(same.test(name));
      }),
    );
  });

  it('does not take long with many stars', () => {
    expect(matchesFileName('*a'.repeat(100), 'a'.repeat(99).concat('b'.repeat(5000)))).toBe(false);
  });
});

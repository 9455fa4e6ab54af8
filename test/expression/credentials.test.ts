// `$<cred:NAME>`: credentials of systemd as the values of secret properties.

import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatProblem } from '../../src/expression/problem.ts';
import { readAhead } from '../../src/expression/read-ahead.ts';
import { resolve } from '../../src/expression/resolve.ts';
import { Sources } from '../../src/expression/sources.ts';
import { makeInstance, problems, type Setting, values } from './instance.ts';

const SECRET = { secret: true };

/** Opens sources with a folder of credentials; `variables` takes that folder. */
async function openWithCredentials(
  credentials: NonNullable<Setting['files']>,
  variables: (folder: string) => Record<string, string> = () => ({}),
): Promise<{ readonly sources: Sources; readonly folder: string }> {
  const folder = makeInstance(credentials);
  const environment = { CREDENTIALS_DIRECTORY: folder, ...variables(folder) };
  return { sources: await Sources.open({ environment, instanceFolder: makeInstance() }), folder };
}

describe('a credential', () => {
  it('is the whole value of a secret, without one newline at its end, and is not scanned', async () => {
    const { sources } = await openWithCredentials({ 'smtp.pin': '$<a>\n\n', 'a b': 'x' }, () => ({
      WHICH: 'smtp.pin',
    }));
    expect(values('$<cred:smtp.pin>', sources, SECRET)).toEqual(['$<a>\n']);
    expect(values('&{cred:a b}', sources, SECRET)).toEqual(['x']);
    expect(resolve('$<cred:smtp.pin>', sources, SECRET)).toMatchObject({
      origin: 'credential',
      uses: [{ expression: '$<cred:smtp.pin>', origin: 'credential', source: 'smtp.pin' }],
    });
    expect(values('$<cred:$<which>>', sources, SECRET)).toEqual(['$<a>\n']);
  });

  it.each([
    ['$<cred:pin>', {}, 'is a credential, which only a property with a secret can have'],
    ['$<cred:pin|x>', SECRET, 'is a credential, which has no default'],
    ['$<cred:pin|>', SECRET, 'is a credential, which has no default'],
    ['x$<cred:pin>', SECRET, 'is a credential, which can only be the whole value'],
    ['$<cred:pin>$<cred:pin>', SECRET, 'is a credential, which can only be the whole value'],
    ['$<none|$<cred:pin>>', SECRET, 'is a credential, which can only be the whole value'],
    ['$<$<cred:pin>>', SECRET, 'is a credential, which can only be the whole value'],
    ['$<file:$<cred:pin>>', SECRET, 'is a credential, which can only be the whole value'],
    ['$<cred:$<cred:pin>>', SECRET, 'is a credential, which can only be the whole value'],
    ['$<leads>', SECRET, 'is a credential, which can only be the whole value'],
    ['$<list>', { ...SECRET, multiple: true }, 'is a credential, which can only be the whole value'],
    ['$<cred:$<up>>', SECRET, 'names a folder, not a credential'],
    ['$<cred:$<path>>', SECRET, 'resolves to a name that is not allowed'],
    [`$<cred:${'n'.repeat(256)}>`, SECRET, 'has a name of more than 255 characters'],
  ])('is refused elsewhere: %s', async (text, options, reason) => {
    const { sources } = await openWithCredentials({ pin: 'canary' }, () => ({
      LEADS: '$<cred:pin>',
      LIST: '$<cred:pin>,$<cred:pin>',
      UP: '..',
      PATH: '../pin',
    }));
    const found = problems(text, sources, options);
    expect(found[0]).toContain(reason);
    expect(found.join()).not.toContain('canary');
  });

  it('that is missing is named with its place, and so is the missing folder', async () => {
    const { sources, folder } = await openWithCredentials({}, () => ({ NAME: 'canary' }));
    expect(problems('$<cred:pin>', sources, SECRET)).toEqual([
      `$<cred:pin> has no value: looked for the file ${folder}/pin`,
    ]);
    expect(problems('$<cred:$<name>>', sources, SECRET)).toEqual([
      `$<cred:$<name>> has no value: looked for the file that it names in ${folder}`,
    ]);
    for (const environment of [{}, { CREDENTIALS_DIRECTORY: '' }]) {
      const none = await Sources.open({ environment, instanceFolder: makeInstance({ pin: 'x' }) });
      expect(problems('$<cred:pin>', none, SECRET)).toEqual([
        '$<cred:pin> has no value: looked for the folder of credentials, which CREDENTIALS_DIRECTORY does not name',
      ]);
    }
  });

  it('must be a text in a regular file', async () => {
    const { sources, folder } = await openWithCredentials({ octets: Uint8Array.of(0xff), 'sub/pin': 'x' });
    expect(problems('$<cred:octets>', sources, SECRET)[0]).toContain(
      `reads the file ${folder}/octets, which`,
    );
    expect(problems('$<cred:sub>', sources, SECRET)).toEqual([
      `$<cred:sub> reads the file ${folder}/sub, which is not a regular file`,
    ]);
  });

  it.each(['CONFDIT_ADMIN_PASSWORD_FILE', 'CONFDIT_MASTER_KEY_FILE'])(
    'that %s names is no source, by no name, at once and read ahead',
    async (variable) => {
      const open = () =>
        openWithCredentials({ 'own.key': 'canary', pin: 'x' }, (at) => ({ [variable]: join(at, 'own.key') }));
      for (const isReadAhead of [false, true]) {
        const { sources, folder } = await open();
        symlinkSync(join(folder, 'own.key'), join(folder, 'link'));
        const texts = ['$<cred:own.key>', '$<cred:link>', `$<file:${folder}/own.key>`, '$<cred:pin>'];
        if (isReadAhead) await readAhead(texts, sources);
        for (const text of texts.slice(0, 3)) {
          expect(problems(text, sources, SECRET)[0]).toContain('is one that the server keeps to itself');
        }
        expect(values('$<cred:pin>', sources, SECRET)).toEqual(['x']);
      }
    },
  );

  it('never reaches a value that is not secret, whatever is around it', async () => {
    const { sources } = await openWithCredentials({ pin: 'canary' }, () => ({ A: '$<cred:pin>' }));
    const marks = ['$<', '&{', '>', '}', '|', '\\', ',', 'cred:', 'pin', 'a', '$<cred:pin>', '$<a>'];
    const soup = fc.string({ unit: fc.constantFrom(...marks), maxLength: 10 });
    fc.assert(
      fc.property(soup, fc.boolean(), fc.boolean(), (text, multiple, secret) => {
        const resolution = resolve(text, sources, { multiple, secret });
        const shown = [...resolution.values, ...resolution.problems.map(formatProblem)].join();
        const isWhole = secret && (text === '$<cred:pin>' || text === '&{cred:pin}');
        expect(shown.includes('canary')).toBe(isWhole);
      }),
      { numRuns: 2000 },
    );
  });
});

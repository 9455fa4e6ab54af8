// `$<http:SOURCE/PATH#/POINTER>`: the name, and where it may be. What is fetched is put into the sources by hand here.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatProblem } from '../../src/expression/problem.ts';
import { resolve } from '../../src/expression/resolve.ts';
import { parseSecretName, secretNameIn } from '../../src/expression/secret-name.ts';
import { Sources } from '../../src/expression/sources.ts';
import { makeInstance, problems, values } from './instance.ts';

const SECRET = { secret: true };

async function openSources(environment: Record<string, string> = {}): Promise<Sources> {
  const sources = await Sources.open({ environment, instanceFolder: makeInstance() });
  sources.keepSecret('Vault/mail/main#/pin', { text: 'canary$<a>\n' });
  sources.keepSecret('Vault/away#/pin', { why: 'answered 403 (Forbidden)' });
  return sources;
}

describe('a name', () => {
  it.each([
    ['Vault#', { source: 'Vault', path: [], pointer: '' }],
    ['My vault/a/b c#/x/0', { source: 'My vault', path: ['a', 'b c'], pointer: '/x/0' }],
    ['V/..a#/~0~1', { source: 'V', path: ['..a'], pointer: '/~0~1' }],
    ['V/a#/b#c', { source: 'V', path: ['a'], pointer: '/b#c' }],
  ])('%s', (text, name) => expect(parseSecretName(text)).toEqual(name));

  it.each([
    ['Vault/mail', 'no JSON pointer'],
    ['#/x', 'names no secret source'],
    ['/a#/x', 'names no secret source'],
    ['V/#/x', 'an empty segment'],
    ['V//a#/x', 'an empty segment'],
    ['V/a/../b#/x', 'an empty segment, "." or ".."'],
    ['V/.#/x', 'an empty segment, "." or ".."'],
    ['V#x', 'does not begin with "/"'],
    ['V#/~', 'has a JSON pointer with "~"'],
    ['V#/~2', 'has a JSON pointer with "~"'],
  ])('%s is none', (text, reason) => expect(parseSecretName(text)).toContain(reason));

  it('is found in a value that is nothing else', () => {
    expect(secretNameIn('$<http:V/a#/x>')).toBe('V/a#/x');
    expect(secretNameIn('&{http:V/a#/x}')).toBe('V/a#/x');
    for (const other of [
      'x$<http:V#/x>',
      '$<http:V#/x|y>',
      '\\$<http:V#/x>',
      '$<http:V>',
      '$<http:$<v>#/x>',
      '$<http:V?#/x>',
    ])
      expect(secretNameIn(other)).toBeUndefined();
  });
});

it('is the whole value of a secret as it was fetched, and is not scanned', async () => {
  const sources = await openSources();
  expect(values('$<http:Vault/mail/main#/pin>', sources, SECRET)).toEqual(['canary$<a>\n']);
  expect(resolve('$<http:Vault/mail/main#/pin>', sources, SECRET)).toMatchObject({
    origin: 'http',
    uses: [{ expression: '$<http:Vault/mail/main#/pin>', source: 'Vault/mail/main#/pin' }],
  });
});

it.each([
  ['$<http:Vault/mail/main#/pin>', {}, 'which only a property with a secret can have'],
  ['$<http:Vault/mail/main#/pin|x>', SECRET, 'which has no default'],
  ['x$<http:Vault/mail/main#/pin>', SECRET, 'which can only be the whole value'],
  ['$<none|$<http:Vault/mail/main#/pin>>', SECRET, 'which can only be the whole value'],
  ['$<leads>', SECRET, 'which can only be the whole value'],
  ['$<http:Vault/mail/$<which>#/pin>', SECRET, 'whose name has no expressions'],
  ['$<http:Vault/mail/main>', SECRET, 'has no JSON pointer'],
  ['$<http:Vault/mail\\main#/pin>', SECRET, 'has "\\\\" in its name'],
  [`$<http:Vault/${'n'.repeat(2048)}#/pin>`, SECRET, 'has a name of more than 2048 characters'],
  ['$<http:Vault/away#/pin>', SECRET, 'reads the secret source Vault, which answered 403 (Forbidden)'],
  [
    '$<http:Vault/other#/pin>',
    SECRET,
    'has no value: looked for the secret source Vault, which was not asked',
  ],
])('is refused: %s', async (text, options, reason) => {
  const sources = await openSources({ LEADS: '$<http:Vault/mail/main#/pin>', WHICH: 'main' });
  const found = problems(text, sources, options);
  expect(found[0]).toContain(reason);
  expect(found.join()).not.toContain('canary');
});

it('never reaches a value that is not secret, whatever is around it', async () => {
  const sources = await openSources({ A: '$<http:Vault/mail/main#/pin>' });
  const whole = ['$<http:Vault/mail/main#/pin>', '&{http:Vault/mail/main#/pin}'];
  const marks = [
    '$<',
    '&{',
    '>',
    '}',
    '|',
    '\\',
    ',',
    'http:',
    'Vault/mail/main#/pin',
    'a',
    '$<a>',
    ...whole,
  ];
  const soup = fc.string({ unit: fc.constantFrom(...marks), maxLength: 10 });
  fc.assert(
    fc.property(soup, fc.boolean(), fc.boolean(), (text, multiple, secret) => {
      const resolution = resolve(text, sources, { multiple, secret });
      const shown = [...resolution.values, ...resolution.problems.map(formatProblem)].join();
      expect(shown.includes('canary')).toBe(secret && whole.includes(text));
    }),
    { numRuns: 2000 },
  );
});

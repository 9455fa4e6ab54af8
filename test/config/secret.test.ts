import { format, inspect } from 'node:util';
import { expect, it } from 'vitest';
import { Secret } from '../../src/config/secret.ts';

const secret = new Secret('canary-7c1d');

it.each([
  ['text', String(secret)],
  ['a template', `${secret}`],
  ['JSON', JSON.stringify({ secret })],
  ['inspect', inspect({ secret }, { showHidden: true, depth: 9 })],
  ['format', format('%s %o %j', secret, secret, secret)],
  ['an error', String(new Error(`${secret}`, { cause: secret }))],
])('prints as stars in %s', (_, text) => {
  expect(text).not.toContain('canary');
  expect(text).toContain('***');
});

it('gives its text to who asks for it, and compares', () => {
  expect(secret.reveal()).toBe('canary-7c1d');
  expect(secret.equals(new Secret('canary-7c1d'))).toBe(true);
  expect(secret.equals(new Secret('other'))).toBe(false);
});

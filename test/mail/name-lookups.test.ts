// Names of mail servers, looked up for net.connect.

import type { LookupAddress, LookupOptions } from 'node:dns';
import { expect, test } from 'vitest';
import { NameLookups } from '../../src/mail/name-lookups.ts';

/** As net.connect calls it. */
function ask(lookups: NameLookups, host: string, options: LookupOptions): Promise<string | LookupAddress[]> {
  return new Promise((resolve, reject) => {
    lookups.lookup(host, options, (error, found) => (error === null ? resolve(found) : reject(error)));
  });
}

test('one address, all of them, or those of one family', async () => {
  const lookups = new NameLookups();
  expect(await ask(lookups, '127.0.0.1', {})).toBe('127.0.0.1');
  expect(await ask(lookups, '127.0.0.1', { all: true })).toEqual([{ address: '127.0.0.1', family: 4 }]);
  expect(await ask(lookups, '::1', { family: 6 })).toBe('::1');
  await expect(ask(lookups, '127.0.0.1', { family: 6 })).rejects.toMatchObject({ code: 'ENOTFOUND' });
});

test('many at a time are answered, each with its own', async () => {
  const lookups = new NameLookups();
  const hosts = Array.from({ length: 50 }, (_, at) => `127.0.0.${at + 1}`);
  expect(await Promise.all(hosts.map((host) => ask(lookups, host, {})))).toEqual(hosts);
  const same = await Promise.all(Array.from({ length: 50 }, () => ask(lookups, 'localhost', { all: true })));
  expect(new Set(same.map((found) => JSON.stringify(found))).size).toBe(1);
});

test('a name that is none, so that no name server is asked', async () => {
  const lookups = new NameLookups();
  const asked = Array.from({ length: 5 }, () =>
    ask(lookups, 'nobody..invalid', {}).catch(({ code }) => code),
  );
  for (const code of await Promise.all(asked)) expect(['ENOTFOUND', 'EAI_AGAIN']).toContain(code);
  expect(await ask(lookups, '127.0.0.1', {})).toBe('127.0.0.1');
});

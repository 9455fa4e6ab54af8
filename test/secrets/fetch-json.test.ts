// One request for JSON: what it gives, its limits, and which failures may pass.

import { afterAll, beforeAll, expect, it } from 'vitest';
import { fetchJson } from '../../src/secrets/fetch-json.ts';
import { freePort } from '../support/free-port.ts';
import { type Answer, endSecretServers, SecretServer } from '../support/secret-server.ts';

let service: SecretServer;

beforeAll(async () => {
  service = await SecretServer.start();
});

afterAll(endSecretServers);

const ask = (path: string, port = service.port, octetsMax = 100, key = 'canary') =>
  fetchJson({
    url: new URL(`http://127.0.0.1:${port}${path}`),
    headers: { 'X-Key': key },
    tls: undefined,
    connectMs: 60_000,
    requestMs: path === '/silence' ? 200 : 60_000,
    octetsMax,
    explain: async () => undefined,
  });

it('gives what was answered, up to the last octet that is allowed', async () => {
  service.answers.set('/a?b', { body: '{"a":["\u00e9"]}' });
  expect(await ask('/a?b')).toEqual({ a: ['\u00e9'] });
  expect(service.asked.at(-1)).toMatchObject({ path: '/a?b', headers: { 'x-key': 'canary' } });
  const body = JSON.stringify('x'.repeat(98));
  service.answers.set('/long', { body });
  expect(await ask('/long')).toBe('x'.repeat(98));
  await expect(ask('/long', service.port, 99)).rejects.toThrow('answered with more than 99 octets');
});

it.each<
  readonly [
    string,
    Answer,
    { readonly isPassing: boolean; readonly isAway: boolean; readonly message: string },
  ]
>([
  ['/403', { status: 403 }, { message: 'answered 403 (Forbidden)', isPassing: false, isAway: false }],
  ['/429', { status: 429 }, { message: 'answered 429 (Too Many Requests)', isPassing: false, isAway: false }],
  [
    '/503',
    { status: 503 },
    { message: 'answered 503 (Service Unavailable)', isPassing: true, isAway: false },
  ],
  ['/799', { status: 799 }, { message: 'answered 799', isPassing: true, isAway: false }],
  ['/silence', 'silence', { message: 'did not answer within 0.2 s', isPassing: true, isAway: true }],
  [
    '/text',
    { body: 'canary' },
    { message: 'answered with something else than JSON', isPassing: false, isAway: false },
  ],
])('says why there is none: %s', async (path, answer, why) => {
  service.answers.set(path, answer);
  await expect(ask(path)).rejects.toMatchObject(why);
});

it('says that the token cannot be sent, and not what it is', async () => {
  const why = 'cannot be asked: the token has a character that no HTTP header has';
  await expect(ask('/', service.port, 100, 'canary\u0416')).rejects.toThrow(why);
});

it('says that nothing listens', async () => {
  const why = { message: 'cannot be reached: nothing listens on that port', isPassing: true, isAway: true };
  await expect(ask('/', await freePort())).rejects.toMatchObject(why);
});

import { beforeEach, describe, expect, it } from 'vitest';
import { changeKinds, extendedRequest, message, modifyRequest } from '../../support/ber-bytes.ts';
import { RawClient } from '../../support/raw-client.ts';
import { type RunningServer, startServer } from '../../support/start-server.ts';
import { configWith } from '../entries.ts';

const HANDLER = 'cn=LDAP,cn=Connection Handlers,cn=config';
const ALLOWED = 'ds-cfg-allowed-client';
const DENIED = 'ds-cfg-denied-client';
const WHO_AM_I = extendedRequest('1.3.6.1.4.1.4203.1.11.3');

let server: RunningServer;
let administrator: RawClient;

beforeEach(async () => {
  server = await startServer();
  administrator = await RawClient.bound(server);
});

async function set(attribute: string, ...masks: readonly string[]): Promise<void> {
  const { code, text } = await administrator.request(
    modifyRequest(HANDLER, [[changeKinds.replace, attribute, masks]]),
  );
  expect({ code, text }).toEqual({ code: 0, text: '' });
}

/** Whether somebody who comes from this address is served; who is not hears nothing. */
async function isServed(from: string, of: RunningServer = server): Promise<boolean> {
  const client = await RawClient.connect(of, { from });
  client.send(message(1, WHO_AM_I));
  const answer = await client.next().catch(() => undefined);
  if (answer === undefined) await client.closed();
  client.close();
  return answer !== undefined;
}

async function areServed(...addresses: readonly string[]): Promise<boolean[]> {
  return Promise.all(addresses.map((address) => isServed(address)));
}

describe('clients', () => {
  it('are all served while nothing is said about them', async () => {
    expect(await areServed('127.0.0.1', '127.0.0.2')).toEqual([true, true]);
  });

  it('that are denied are refused at once, and it is logged', async () => {
    await set(DENIED, '127.0.0.2', '127.0.1.0/24', '127.*.3.4');
    expect(await areServed('127.0.0.1', '127.0.0.2', '127.0.1.9', '127.7.3.4', '127.7.3.5')).toEqual([
      true,
      false,
      false,
      false,
      true,
    ]);
    const line = await server.waitForLog(({ msg, from }) => msg === 'client refused' && from === '127.0.0.2');
    expect(line).toMatchObject({ level: 30 });
    await set(DENIED);
    expect(await areServed('127.0.0.2', '127.0.1.9')).toEqual([true, true]);
  });

  it('that are not among the allowed ones are refused', async () => {
    await set(ALLOWED, '127.0.0.1', '127.0.2.0/24');
    expect(await areServed('127.0.0.1', '127.0.2.200', '127.0.0.2')).toEqual([true, true, false]);
  });

  it('that are both are refused', async () => {
    await set(ALLOWED, '127.0.0.0/16');
    await set(DENIED, '127.0.0.2');
    expect(await areServed('127.0.0.1', '127.0.0.2', '127.1.0.1')).toEqual([true, false, false]);
  });

  it('that are connected stay, even when they are not served any more', async () => {
    await set(DENIED, '0.0.0.0/0', '::/0');
    expect(await isServed('127.0.0.1')).toBe(false);
    expect((await administrator.request(WHO_AM_I)).code).toBe(0);
    await set(DENIED);
    expect(await isServed('127.0.0.1')).toBe(true);
  });

  it('are judged from the start by what the configuration says', async () => {
    const own = await startServer({ files: await configWith(`${DENIED}: 127.0.0.2`) });
    expect(await isServed('127.0.0.2', own)).toBe(false);
    expect(await isServed('127.0.0.1', own)).toBe(true);
  });

  it('are not judged by a mask that is none', async () => {
    for (const mask of ['localhost', '127.0.0.1/33', '127.0.0', '127.0.0.*/8', '']) {
      const wrong = modifyRequest(HANDLER, [[changeKinds.replace, DENIED, [mask]]]);
      expect([19, 21]).toContain((await administrator.request(wrong)).code);
    }
    expect(await isServed('127.0.0.1')).toBe(true);
  });
});

// How applications reach confdit: every kind of URL, a server that goes away and comes back, and options that cannot be.

import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { createServer as createTlsServer } from 'node:tls';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type OpenOptions, openMailServer } from '../../src/client/open-mail-server.ts';
import { accountDn } from '../support/accounts.ts';
import { freePort } from '../support/free-port.ts';
import { endReceivers, SmtpReceiver } from '../support/mail/smtp-receiver.ts';
import type { LogLine } from '../support/start-server.ts';
import { ChainWorkshop } from '../trust/chains/chain-workshop.ts';
import { APP_PASSWORD, ClientRoom, next, RECONNECT } from './client-room.ts';

const MESSAGE = { from: 'app@example.com', to: 'bob@example.com', subject: 'Hello', text: 'Good news.' };

describe('the connection to confdit', () => {
  let room: ClientRoom;

  beforeAll(async () => {
    room = await ClientRoom.start();
    await room.addMailServer('Main', 25);
  });

  afterEach(async () => {
    await room.closeAll();
    await endReceivers();
  });

  it('may be encrypted from its first byte or by StartTLS, and the certificate counts', async () => {
    const ca = await readFile(join(room.server.folder, 'config', 'keys', 'server.pem'), 'utf8');
    const ldaps = `ldaps://localhost:${room.server.ldapsPort}`;
    const ldap = `ldap://localhost:${room.server.port}`;
    for (const options of [{ url: ldaps }, { url: ldap, startTls: true }]) {
      expect((await room.open('Main', { ...options, ca })).settings.name).toBe('Main');
      await expect(room.open('Main', options)).rejects.toMatchObject({
        code: 'untrusted',
        message: expect.stringContaining('option ca'),
      });
    }
  });

  it('says what is wrong with a certificate, and sends no password', async () => {
    const workshop = new ChainWorkshop();
    const { own, trusted } = workshop.leaf({ key: workshop.rsa1024 });
    const received: Buffer[] = [];
    const options = { key: own.keyPem, cert: own.certificate, ciphers: 'DEFAULT@SECLEVEL=0' };
    const weak = createTlsServer(options, (socket) => socket.on('data', (octets) => received.push(octets)));
    weak.on('tlsClientError', () => {}).listen(0, '127.0.0.1');
    await once(weak, 'listening');
    const { port } = weak.address() as AddressInfo;
    const ca = trusted.map(({ certificate }) => certificate);
    await expect(room.open('Main', { url: `ldaps://127.0.0.1:${port}`, ca })).rejects.toMatchObject({
      code: 'untrusted',
      message: expect.stringMatching(/key is too short\. .*2048 bits/),
    });
    weak.close();
    expect(received).toEqual([]);
  });

  it('may be the socket file, with or without a password', async () => {
    const url = `ldapi://${encodeURIComponent(join(room.server.folder, 'ldapi'))}`;
    expect((await room.open('Main', { url })).settings.port).toBe(25);
    const alone = await room.open('Main', { url, bindDn: undefined, password: undefined });
    expect(alone.settings.port).toBe(25);
  });

  it('may have a password that is asked for when it is needed', async () => {
    let asked = 0;
    const password = async () => {
      asked += 1;
      return APP_PASSWORD;
    };
    await room.open('Main', { password });
    expect(asked).toBe(1);
  });

  it.each([
    ['a URL of something else', { url: 'http://localhost' }, 'ldaps://host:port'],
    ['StartTLS within TLS', { url: 'ldaps://localhost', startTls: true }, 'startTls'],
    ['no account', { bindDn: undefined }, 'bindDn is missing'],
    ['no password', { password: undefined }, 'password'],
    ['clear text on a network', { url: 'ldap://confdit.example.com' }, 'clear text'],
    ['authorities that are none', { mailCa: 'none' }, 'mailCa'],
  ] satisfies [string, Partial<OpenOptions>, string][])('is not tried with %s', async (_, options, words) => {
    await expect(room.open('Main', options)).rejects.toMatchObject({
      code: 'options',
      message: expect.stringContaining(words),
    });
  });

  it('fails at once when nobody is there, and in time when nobody answers', async () => {
    const options = { bindDn: accountDn('app'), password: 'never sent', mailServer: 'Main' };
    const nobody = { ...options, url: `ldap://127.0.0.1:${await freePort()}` };
    await expect(openMailServer(nobody)).rejects.toMatchObject({ code: 'unreachable' });
    const silent = createServer((socket) => socket.on('error', () => {}));
    const port = await new Promise<number>((resolve) => {
      silent.listen(0, '127.0.0.1', () => {
        const address = silent.address();
        resolve(typeof address === 'object' && address !== null ? address.port : 0);
      });
    });
    const answer = openMailServer({ ...options, url: `ldap://127.0.0.1:${port}`, timeoutMs: 100 });
    await expect(answer).rejects.toMatchObject({
      code: 'unreachable',
      message: expect.stringContaining('100 ms'),
    });
    silent.close();
  });

  it('comes back after a restart with what was changed in between; meanwhile messages go as before', async () => {
    const before = await SmtpReceiver.start();
    const after = await SmtpReceiver.start();
    await room.addMailServer('Stays', before.port);
    const [followed, other] = [await room.open('Stays'), await room.open('Stays')];
    const lost = next(followed, 'loss');
    await room.server.stop();
    expect((await lost)[0]).toMatchObject({ code: 'unreachable' });
    expect(followed.problem?.code).toBe('unreachable');
    await followed.transporter.sendMail(MESSAGE);
    expect(before.messages).toHaveLength(1);
    await other.close();
    const recovered = next(followed, 'recovery');
    await room.restart();
    await recovered;
    const changed = next(followed, 'change');
    await room.change('Stays', { 'smtp-server': `127.0.0.1:${after.port}` });
    await changed;
    await followed.transporter.sendMail(MESSAGE);
    expect([before.messages.length, after.messages.length]).toEqual([1, 1]);
  });

  it('is tried again when the password is refused for a while', async () => {
    let password = APP_PASSWORD;
    const opened = await room.open('Main', { password: () => password, reconnect: RECONNECT });
    password = 'not-the-password';
    const unreachable = next(opened, 'loss');
    await room.server.stop();
    await unreachable;
    const refused = next(opened, 'loss');
    await room.restart();
    expect((await refused)[0].code).toBe('credentials');
    const recovered = next(opened, 'recovery');
    password = APP_PASSWORD;
    await recovered;
    expect(opened.problem).toBeUndefined();
  });

  it('is read again after a while without news', async () => {
    const opened = await room.open('Main', { refreshMs: 50 });
    const isReading = ({ msg, base }: LogLine) => msg === 'search' && base === 'cn=effective';
    const { connection } =
      room.server.logLines().findLast(isReading) ?? (await room.server.waitForLog(isReading));
    let readings = 0;
    await room.server.waitForLog((line) => {
      if (isReading(line) && Number(line.connection) >= Number(connection)) readings += 1;
      return readings > 3;
    });
    expect(opened.problem).toBeUndefined();
  });
});

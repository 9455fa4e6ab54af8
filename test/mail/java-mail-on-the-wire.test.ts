// The JavaMail properties that are not seen elsewhere: what they make of a connection.

import { createServer, type Server } from 'node:http';
import { connect } from 'node:net';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { Authority, type Issued } from '../support/certificates.ts';
import { endReceivers, type ReceiverOptions, SmtpReceiver } from '../support/mail/smtp-receiver.ts';
import { mailServer, READY, type ServerWords } from './mail-room.ts';

const CANARY = 'canary-ahT7aexi';

let authority: Authority;
let certificate: Issued;
let ca: string;

beforeAll(async () => {
  authority = await Authority.create();
  certificate = await authority.issue();
  ca = await authority.certificate;
});

afterEach(endReceivers);
afterAll(() => authority.remove());

const encrypted = () => ({ key: certificate.key, cert: certificate.certificate });

/** Hands a message over and gives what the other side has got. */
async function handedOver(words: Omit<ServerWords, 'port'>, options: ReceiverOptions = {}) {
  const receiver = await SmtpReceiver.start(options);
  const server = mailServer({ port: receiver.port, ...words });
  const outcome = await server.hand(READY);
  server.close();
  return { outcome, receiver, message: receiver.messages[0] };
}

test('host and port', async () => {
  const receiver = await SmtpReceiver.start();
  const properties = ['mail.smtp.host=127.0.0.1', `mail.smtp.port=${receiver.port}`];
  const server = mailServer({ host: 'nobody.invalid', port: 1, properties });
  expect(await server.hand(READY)).toMatchObject({ kind: 'answered' });
  server.close();
});

test('localaddress', async () => {
  let address: string | undefined;
  const onConnect: ReceiverOptions['onConnect'] = (session, done) => {
    address = session.remoteAddress;
    done();
  };
  await handedOver({ properties: ['mail.smtp.localaddress=127.0.0.77'] }, { onConnect });
  expect(address).toBe('127.0.0.77');
});

test('user, in place of auth-username', async () => {
  const options = { users: { carol: CANARY }, allowInsecureAuth: true };
  const { message } = await handedOver({ password: CANARY, properties: ['mail.smtp.user=carol'] }, options);
  expect(message?.user).toBe('carol');
});

test('starttls.enable: where it is offered, and clear text where it is not', async () => {
  const words = { useStartTls: false, authority: ca, properties: ['mail.smtp.starttls.enable=true'] };
  expect((await handedOver(words, encrypted())).message?.isEncrypted).toBe(true);
  const without = { disabledCommands: ['STARTTLS', 'AUTH'] };
  expect((await handedOver(words, without)).message?.isEncrypted).toBe(false);
});

test('starttls.enable=false: clear text, and then a login in clear text is what was asked for', async () => {
  const words = { useStartTls: true, authority: ca, properties: ['mail.smtp.starttls.enable=false'] };
  expect((await handedOver(words, encrypted())).message?.isEncrypted).toBe(false);
});

test('starttls.required: who does not offer it is left alone', async () => {
  const words = { useStartTls: false, authority: ca, properties: ['mail.smtp.starttls.required=true'] };
  expect((await handedOver(words, encrypted())).message?.isEncrypted).toBe(true);
  const { outcome, receiver } = await handedOver(words, { disabledCommands: ['STARTTLS', 'AUTH'] });
  expect(outcome).toMatchObject({ kind: 'failed', failure: { step: 'tls' } });
  expect(receiver.messages).toEqual([]);
});

test('ssl.enable', async () => {
  const words = { useStartTls: true, authority: ca, properties: ['mail.smtp.ssl.enable=true'] };
  expect((await handedOver(words, { ...encrypted(), secure: true })).message?.isEncrypted).toBe(true);
});

test('a version of TLS that the other side does not speak', async () => {
  const words = { useSsl: true, authority: ca, properties: ['mail.smtp.ssl.protocols=TLSv1.2'] };
  const { outcome } = await handedOver(words, { ...encrypted(), secure: true, minVersion: 'TLSv1.3' });
  expect(outcome).toMatchObject({ kind: 'failed', failure: { step: 'tls' } });
});

test('dsn.notify and dsn.ret', async () => {
  const args: unknown[] = [];
  const onMailFrom: ReceiverOptions['onMailFrom'] = (address, _session, done) => {
    args.push(address.args);
    done();
  };
  const onRcptTo: ReceiverOptions['onRcptTo'] = (address, _session, done) => {
    args.push(address.args);
    done();
  };
  const properties = ['mail.smtp.dsn.notify=SUCCESS,FAILURE', 'mail.smtp.dsn.ret=HDRS'];
  await handedOver({ properties }, { hideDSN: false, onMailFrom, onRcptTo });
  expect(args).toMatchObject([{ RET: 'HDRS' }, { NOTIFY: 'SUCCESS,FAILURE' }]);
});

test('connectiontimeout covers everything up to the login', async () => {
  const properties = ['mail.smtp.connectiontimeout=1000'];
  const { outcome } = await handedOver({ properties }, { onConnect: () => {} });
  expect(outcome).toMatchObject({ kind: 'failed', failure: { step: 'greeting' } });
});

test('an HTTP proxy, with a login of its own', async () => {
  const receiver = await SmtpReceiver.start();
  const asked: { readonly url: string; readonly login: string }[] = [];
  const proxy: Server = createServer();
  proxy.on('connect', (request, socket, head) => {
    asked.push({ url: request.url ?? '', login: String(request.headers['proxy-authorization']) });
    const target = connect(receiver.port, '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n');
      target.write(head);
      target.pipe(socket).pipe(target);
    });
    for (const one of [target, socket]) one.on('error', () => {});
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  const address = proxy.address();
  const port = typeof address === 'object' ? address?.port : 0;
  const properties = [
    'mail.smtp.proxy.host=127.0.0.1',
    `mail.smtp.proxy.port=${port}`,
    'mail.smtp.proxy.user=dave',
    `mail.smtp.proxy.password=${CANARY}:@/x`,
  ];
  const server = mailServer({ host: 'mail.example.com', port: 2525, properties });
  expect(await server.hand(READY)).toMatchObject({ kind: 'answered' });
  const check = await server.check();
  expect(check.failure).toBeUndefined();
  const login = `Basic ${Buffer.from(`dave:${CANARY}:@/x`).toString('base64')}`;
  expect(asked).toEqual([
    { url: 'mail.example.com:2525', login },
    { url: 'mail.example.com:2525', login },
  ]);
  server.close();
  proxy.closeAllConnections();
  proxy.close();
});

test('an internationalized host is spoken in ASCII: to the proxy, in TLS, in EHLO, and it is what the certificate is for', async () => {
  const own = await authority.issue({ names: 'DNS:xn--bcher-kva.example' });
  const greeted: unknown[] = [];
  const receiver = await SmtpReceiver.start({
    key: own.key,
    cert: own.certificate,
    onMailFrom: (_address, session, done) => {
      greeted.push([session.servername, session.hostNameAppearsAs]);
      done();
    },
  });
  const asked: string[] = [];
  const proxy: Server = createServer();
  proxy.on('connect', (request, socket) => {
    asked.push(request.url ?? '');
    const target = connect(receiver.port, '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n');
      target.pipe(socket).pipe(target);
    });
    for (const one of [target, socket]) one.on('error', () => {});
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  const address = proxy.address();
  const port = typeof address === 'object' ? address?.port : 0;
  const properties = [
    'mail.smtp.proxy.host=127.0.0.1',
    `mail.smtp.proxy.port=${port}`,
    'mail.smtp.localhost=sender.grüße.example',
  ];
  const words = { host: 'Bücher.example', port: 2525, useStartTls: true, authority: ca, properties };
  const server = mailServer(words);
  expect(await server.hand(READY)).toMatchObject({ kind: 'answered' });
  expect(asked).toEqual(['xn--bcher-kva.example:2525']);
  expect(greeted).toEqual([['xn--bcher-kva.example', 'sender.xn--gre-6ka8l.example']]);
  server.close();
  proxy.closeAllConnections();
  proxy.close();
});

test('a proxy that refuses is told of, without its password', async () => {
  const proxy: Server = createServer();
  proxy.on('connect', (_request, socket) => socket.end('HTTP/1.1 407 Proxy Authentication Required\r\n\r\n'));
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  const address = proxy.address();
  const port = typeof address === 'object' ? address?.port : 0;
  const login = ['mail.smtp.proxy.user=dave', `mail.smtp.proxy.password=${CANARY}`];
  const properties = ['mail.smtp.proxy.host=127.0.0.1', `mail.smtp.proxy.port=${port}`, ...login];
  const { failure } = await mailServer({ host: 'mail.example.com', port: 2525, properties }).check();
  expect(failure).toMatchObject({
    step: 'connect',
    problem: expect.stringContaining('through the proxy 127.0.0.1'),
  });
  expect(JSON.stringify(failure)).not.toContain(CANARY);
  proxy.close();
});

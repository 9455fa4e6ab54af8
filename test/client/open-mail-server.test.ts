// Applications that get their mail server from confdit: the settings they begin with, those that come later, and what they
// are told when there are none.

import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { accountDn, accountLdif } from '../support/accounts.ts';
import { Authority } from '../support/certificates.ts';
import {
  endScriptedMailServers,
  mailServerAnswers,
  ScriptedMailServer,
} from '../support/mail/scripted-mail-server.ts';
import { endReceivers, SmtpReceiver } from '../support/mail/smtp-receiver.ts';
import { ClientRoom, next } from './client-room.ts';

const MESSAGE = { from: 'app@example.com', to: 'bob@example.com', subject: 'Hello', text: 'Good news.' };

describe('a mail server for an application', () => {
  let room: ClientRoom;

  beforeAll(async () => {
    room = await ClientRoom.start();
  });

  afterEach(async () => {
    await room.closeAll();
    await endReceivers();
  });

  it('sends with the settings that are in force', async () => {
    const receiver = await SmtpReceiver.start({
      users: { 'mail.user': 'mail-password' },
      allowInsecureAuth: true,
    });
    await room.addMailServer('First', receiver.port, {
      'auth-username': 'mail.user',
      'auth-password': 'mail-password',
      'smtp-property': 'mail.smtp.localhost=app.example.com',
    });
    const mailServer = await room.open('first');
    expect(mailServer.settings).toEqual({
      name: 'First',
      enabled: true,
      host: '127.0.0.1',
      port: receiver.port,
      encryption: 'none',
      user: 'mail.user',
      maxConnections: 5,
    });
    expect(await mailServer.transporter.verify()).toBe(true);
    const info = await mailServer.transporter.sendMail(MESSAGE);
    expect(info.accepted).toEqual(['bob@example.com']);
    const [message] = await receiver.received(1);
    expect(message).toMatchObject({
      from: 'app@example.com',
      to: ['bob@example.com'],
      user: 'mail.user',
      clientName: 'app.example.com',
    });
    expect(message?.text).toContain('Good news.');
  });

  it('goes by a change from the next message on', async () => {
    const before = await SmtpReceiver.start();
    const after = await SmtpReceiver.start();
    await room.addMailServer('Moves', before.port);
    const mailServer = await room.open('Moves');
    await mailServer.transporter.sendMail(MESSAGE);
    const changed = next(mailServer, 'change');
    await room.change('Moves', { 'smtp-server': `127.0.0.1:${after.port}` });
    expect((await changed)[0]).toMatchObject({ name: 'Moves', port: after.port });
    await mailServer.transporter.sendMail(MESSAGE);
    expect([before.messages.length, after.messages.length]).toEqual([1, 1]);
  });

  it('finishes the messages that are under way when a change comes', async () => {
    const held: (() => void)[] = [];
    const arrived = Promise.withResolvers<void>();
    const slow: SmtpReceiver = await SmtpReceiver.start({
      onData: (stream, session, done) => {
        stream.resume();
        stream.on('end', () => {
          held.push(() => {
            slow.remember(session, 'finished');
            done(null, 'taken');
          });
          arrived.resolve();
        });
      },
    });
    const after = await SmtpReceiver.start();
    await room.addMailServer('Slow', slow.port, { 'connection-pool-size': 1 });
    const mailServer = await room.open('Slow');
    const underWay = mailServer.transporter.sendMail(MESSAGE);
    const waiting = mailServer.transporter.sendMail(MESSAGE);
    await arrived.promise;
    const changed = next(mailServer, 'change');
    await room.change('Slow', { 'smtp-server': `127.0.0.1:${after.port}` });
    await changed;
    await mailServer.transporter.sendMail(MESSAGE);
    expect([slow.messages.length, after.messages.length]).toEqual([0, 1]);
    const finish = () => held.shift()?.();
    finish();
    expect((await underWay).response).toContain('taken');
    while (held.length === 0) await new Promise((resolve) => setImmediate(resolve));
    finish();
    expect((await waiting).response).toContain('taken');
    expect([slow.messages.length, after.messages.length]).toEqual([2, 1]);
  });

  it('closes when what is under way is finished, and then sends nothing', async () => {
    const receiver = await SmtpReceiver.start();
    await room.addMailServer('Closes', receiver.port);
    const mailServer = await room.open('Closes');
    const underWay = mailServer.transporter.sendMail(MESSAGE);
    await Promise.all([
      underWay,
      new Promise((resolve) => setImmediate(resolve)).then(() => mailServer.close()),
    ]);
    expect(receiver.messages).toHaveLength(1);
    await expect(mailServer.transporter.sendMail(MESSAGE)).rejects.toMatchObject({ code: 'closed' });
  });

  it('refuses messages while the mail server is disabled, and while it is gone', async () => {
    const receiver = await SmtpReceiver.start();
    await room.addMailServer('Comes and goes', receiver.port);
    const mailServer = await room.open('Comes and goes');
    const disabled = next(mailServer, 'change');
    await room.change('Comes and goes', { enabled: 'false' });
    expect((await disabled)[0].enabled).toBe(false);
    await expect(mailServer.transporter.sendMail(MESSAGE)).rejects.toMatchObject({
      code: 'disabled',
      message: expect.stringContaining('"Comes and goes" is not enabled'),
    });
    const lost = next(mailServer, 'loss');
    await room.delete('Comes and goes');
    expect((await lost)[0].code).toBe('missing');
    await expect(mailServer.transporter.sendMail(MESSAGE)).rejects.toMatchObject({ code: 'missing' });
    const recovered = next(mailServer, 'recovery');
    await room.addMailServer('Comes and goes', receiver.port);
    await recovered;
    expect(mailServer.problem).toBeUndefined();
    await mailServer.transporter.sendMail(MESSAGE);
    expect(receiver.messages).toHaveLength(1);
  });

  it('trusts the authorities that the application names, and everybody where the administrator says so', async () => {
    const authority = await Authority.create();
    const { key, certificate: cert } = await authority.issue();
    const receiver = await SmtpReceiver.start({ key, cert, secure: false });
    await room.addMailServer('Encrypted', receiver.port, { 'use-start-tls': true });
    const doubtful = await room.open('Encrypted');
    await expect(doubtful.transporter.sendMail(MESSAGE)).rejects.toMatchObject({
      code: 'untrusted',
      message: expect.stringContaining('127.0.0.1'),
    });
    const sure = await room.open('Encrypted', { mailCa: await authority.certificate });
    await sure.transporter.sendMail(MESSAGE);
    expect(receiver.messages).toMatchObject([{ isEncrypted: true }]);
    const blind = 'cn=Blind Trust,cn=Trust Manager Providers,cn=config';
    await room.enable(blind);
    const changed = next(doubtful, 'change');
    await room.change('Encrypted', { 'trust-manager-provider': blind });
    await changed;
    await doubtful.transporter.sendMail(MESSAGE);
    expect(receiver.messages).toHaveLength(2);
    await authority.remove();
  });

  it('sends nothing that the mail server does not offer, and says when nobody knows what became of a message', async () => {
    const password = 'canary-Gu6aephi';
    const forms = [password, `\0mail.user\0${password}`].map((text) => Buffer.from(text).toString('base64'));
    const login = { 'auth-username': 'mail.user', 'auth-password': password };
    for (const offers of [[], ['AUTH XOAUTH2']]) {
      const other = await ScriptedMailServer.start(mailServerAnswers({ offers }));
      await room.addMailServer(`No login ${offers.length}`, other.port, login);
      const { transporter } = await room.open(`No login ${offers.length}`);
      const refusal = { code: 'not-offered', message: expect.stringMatching(/no login here|XOAUTH2 only/) };
      await expect(transporter.sendMail(MESSAGE)).rejects.toMatchObject(refusal);
      await expect(transporter.verify()).rejects.toMatchObject(refusal);
      for (const form of [password, ...forms]) expect(other.heard).not.toContain(form);
      expect(other.heard).not.toMatch(/AUTH|MAIL/);
    }
    const usual = mailServerAnswers({ offers: ['SIZE 2000'] });
    const other = await ScriptedMailServer.start((line, socket) => {
      if (line === '.') socket.destroy();
      return usual(line, socket);
    });
    await room.addMailServer('Plain', other.port);
    const { transporter } = await room.open('Plain');
    for (const message of [
      { ...MESSAGE, to: 'jörg@example.com' },
      { ...MESSAGE, raw: 'Subject: x\r\n\r\nGrüße.\r\n' },
      { ...MESSAGE, text: 'x'.repeat(3000) },
    ]) {
      await expect(transporter.sendMail(message)).rejects.toMatchObject({
        code: 'not-offered',
        message: expect.stringMatching(/SMTPUTF8|8BITMIME|SIZE/),
      });
    }
    expect(other.heard).not.toContain('MAIL');
    await expect(transporter.sendMail(MESSAGE)).rejects.toMatchObject({
      code: 'unclear',
      message: expect.stringContaining('It is not known whether the message was accepted'),
    });
    await endScriptedMailServers();
  });

  it('says what the account may not do', async () => {
    await room.addMailServer('Guarded', 25, {
      'auth-username': 'mail.user',
      'auth-password': 'mail-password',
    });
    await room.add(accountLdif('reader', { password: 'reader-password-1', privileges: ['config-read'] }));
    await room.add(accountLdif('nobody', { password: 'nobody-password-1' }));
    const as = (name: string) => ({ bindDn: accountDn(name), password: `${name}-password-1` });
    await expect(room.open('Guarded', as('reader'))).rejects.toMatchObject({
      code: 'access',
      message: expect.stringContaining('secret-read'),
    });
    await expect(room.open('Guarded', as('nobody'))).rejects.toMatchObject({
      code: 'access',
      message: expect.stringContaining('config-read'),
    });
    await expect(room.open('Guarded', { password: 'wrong' })).rejects.toMatchObject({
      code: 'credentials',
      message: expect.stringContaining(accountDn('app')),
    });
    await expect(room.open('Nowhere')).rejects.toMatchObject({
      code: 'missing',
      message: expect.stringContaining('"Nowhere"'),
    });
  });

  it('takes names with signs that mean something in a filter', async () => {
    const receiver = await SmtpReceiver.start();
    const name = 'Büro (*) \\ 1';
    await room.add(
      [
        'dn: cn=Büro (*) \\\\ 1,cn=Mail Servers,cn=config',
        ...['objectClass: ds-cfg-mail-server', `cn:: ${Buffer.from(name).toString('base64')}`],
        ...[`ds-cfg-smtp-server: 127.0.0.1:${receiver.port}`, 'ds-cfg-use-start-tls: false'],
        ...['ds-cfg-enabled: true', ''],
      ].join('\n'),
    );
    const mailServer = await room.open(name);
    expect(mailServer.settings.name).toBe(name);
    await mailServer.transporter.sendMail(MESSAGE);
    expect(receiver.messages).toHaveLength(1);
  });
});

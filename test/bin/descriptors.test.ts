// File descriptors run out: it is told by log, metric and mail, the server goes on, and all is well again when some are free.

import { connect, type Socket } from 'node:net';
import { afterAll, describe, expect, it } from 'vitest';
import { countDescriptors } from '../../src/files/descriptors.ts';
import { type Descriptors, DescriptorWatch } from '../../src/monitor/descriptor-watch.ts';
import { mailServerLdif } from '../mail/mail-servers-in-ldif.ts';
import { LdapTools } from '../support/ldap-tools.ts';
import { endReceivers, SmtpReceiver } from '../support/mail/smtp-receiver.ts';
import { startServer } from '../support/start-server.ts';
import { until } from '../support/until.ts';

afterAll(endReceivers);

describe('the watch', () => {
  function watchOf(looks: readonly Descriptors[]) {
    const [alerts, errors]: [string[], string[]] = [[], []];
    let at = -1;
    let reserved = 0;
    const watch = new DescriptorWatch({
      look: () => looks[at],
      reserve: () => {
        reserved += 1;
        return () => {
          reserved -= 1;
        };
      },
      alerts: { raise: ({ message }) => alerts.push(message) },
      later: () => () => {},
      log: { info: () => {}, error: (_, message) => errors.push(message) },
    });
    const next = () => {
      at += 1;
      watch.look();
      return { alerts: alerts.length, errors: errors.length, reserved };
    };
    return { watch, next };
  }

  it('tells once that they are scarce, once that there are none, and once that there are some again', () => {
    const many = { open: 95, limit: 100 };
    const few = { open: 10, limit: 100 };
    const { watch, next } = watchOf([few, many, many, 'exhausted', 'exhausted', many, few, many]);
    const told = Array.from({ length: 8 }, next);
    expect(told.map(({ alerts }) => alerts)).toEqual([0, 1, 1, 2, 2, 3, 3, 4]);
    expect(told.map(({ reserved }) => reserved)).toEqual([1, 1, 1, 0, 0, 0, 1, 1]);
    expect(watch.figures).toEqual({
      'ds-mon-file-descriptors-open': 95,
      'ds-mon-file-descriptors-limit': 100,
      'ds-mon-file-descriptors-exhausted': 1,
    });
    watch.stop();
  });

  it('counts those of this process', () => {
    const counted = countDescriptors();
    if (counted === undefined || counted === 'exhausted') return expect(process.platform).not.toBe('linux');
    expect(counted.open).toBeGreaterThan(2);
    expect(counted.limit).toBeGreaterThan(counted.open);
  });
});

it('a server that clients leave no descriptor says so, by mail too, goes on, and recovers', async ({
  skip,
}) => {
  if (process.platform !== 'linux') return skip('NOT TESTED: descriptors. Only Linux tells of them.');
  const receiver = await SmtpReceiver.start();
  const server = await startServer({ runBy: ['prlimit', '--nofile=120:120'] });
  const tools = new LdapTools(server);
  const handler = [
    'dn: cn=Mail,cn=Alert Handlers,cn=config',
    ...['objectClass: ds-cfg-alert-handler', 'objectClass: ds-cfg-smtp-alert-handler', 'cn: Mail'],
    ...['ds-cfg-enabled: true', 'ds-cfg-sender-address: confdit@example.com'],
    ...['ds-cfg-recipient-address: admin@example.com', 'ds-cfg-message-subject: %%alert-type%%'],
    ...[
      'ds-cfg-message-body: %%alert-message%%',
      'ds-cfg-enabled-alert-type: confdit.FileDescriptorsLow',
      '',
    ],
  ];
  const properties = { 'smtp-server': `127.0.0.1:${receiver.port}`, 'use-start-tls': false };
  const ldif = `${mailServerLdif('Receiver', properties)}${handler.join('\n')}`;
  expect(await tools.add(ldif)).toMatchObject({ code: 0, stderr: '' });
  const clients = new Set<Socket>();
  const isTold = () => server.logLines().some(({ msg }) => msg.startsWith('No file descriptor is free'));
  // The system drops what the server cannot take; those that are in stay.
  await until(() => {
    while (clients.size < 200) {
      const client = connect({ host: '127.0.0.1', port: server.port }).on('error', () => {});
      clients.add(client.once('close', () => clients.delete(client)));
    }
    return isTold();
  });
  const all = [...clients];
  for (const client of all) client.destroy();
  await server.waitForLog(({ msg }) => msg === 'there are file descriptors again');
  const [message] = await receiver.received(1);
  expect(message?.text).toContain('confdit.FileDescriptorsLow');
  expect((await tools.add(mailServerLdif('After', properties))).code).toBe(0);
  const [figures] = await tools.entries('cn=file descriptors,cn=monitor', '-s', 'base');
  expect(Number(figures?.first('ds-mon-file-descriptors-exhausted'))).toBeGreaterThan(0);
  expect(await server.stop()).toMatchObject({ code: 0 });
});

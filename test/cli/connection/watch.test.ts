// What goes on until somebody ends it: `watch`, and `status --watch` with its bars.

import { type ChildProcess, spawn } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MailTrends } from '../../../src/cli/mail/mail-trends.ts';
import { showsUnicode, sparkline } from '../../../src/cli/status/status-watch.ts';
import { confditFor, PROGRAM } from '../../support/confdit-program.ts';
import { endReceivers, SmtpReceiver } from '../../support/mail/smtp-receiver.ts';
import { type RunningServer, startServer } from '../../support/start-server.ts';
import { until } from '../../support/until.ts';

describe('small bars', () => {
  it('are as high as the counts, the lowest for nothing', () => {
    expect(sparkline([0, 1, 7, 3], true)).toBe('▁▂█▄');
    expect(sparkline([0, 0], true)).toBe('▁▁');
    expect(sparkline([5, 1000], true)).toBe('▂█');
    expect(sparkline([0, 1], false)).toBe('_#');
    expect(
      [{ LANG: 'C.UTF-8' }, { LANG: 'C' }, { LANG: 'en_GB.utf8', LC_ALL: 'C' }].map(showsUnicode),
    ).toEqual([true, false, false]);
  });

  it('show what came in between, also when a counter begins anew or a mail server comes back', () => {
    const trends = new MailTrends();
    const look = (sent: number, failed: number) =>
      trends.look([{ name: 'A', address: '', state: '', sent, failed, lastError: undefined }]);
    look(10, 0);
    expect(trends.of('A')).toEqual({ sent: [], failed: [] });
    for (const [sent, failed] of [
      [12, 0],
      [12, 3],
      [4, 3],
    ] as const)
      look(sent, failed);
    expect(trends.of('A')).toEqual({ sent: [2, 0, 4], failed: [0, 3, 0] });
    trends.look([]);
    look(100, 100);
    expect(trends.of('A')).toEqual({ sent: [], failed: [] });
    for (let index = 0; index < 50; index++) look(100 + index, 100);
    expect(trends.of('A').sent).toHaveLength(20);
  });
});

describe('a command that goes on', () => {
  let server: RunningServer;
  let receiver: SmtpReceiver;
  const name = ['--server-name', 'Relay'];

  beforeAll(async () => {
    [server, receiver] = await Promise.all([startServer(), SmtpReceiver.start({ hideSTARTTLS: true })]);
    const sets = ['enabled:true', `smtp-server:127.0.0.1:${receiver.port}`, 'use-start-tls:false'];
    const made = await confditFor(server)(
      'create-mail-server',
      ...name,
      ...sets.flatMap((one) => ['--set', one]),
    );
    expect(made).toMatchObject({ code: 0, stderr: '' });
  });

  afterAll(endReceivers);

  function start(...words: readonly string[]): { readonly child: ChildProcess; printed: string } {
    const connection = ['--port', String(server.port), '--bindPassword:env', 'PASSWORD'];
    const environment = { PATH: process.env.PATH, PASSWORD: server.password, LANG: 'C.UTF-8' };
    const child = spawn(process.execPath, [PROGRAM, ...words, ...connection], { env: environment });
    const started = { child, printed: '' };
    for (const output of [child.stdout, child.stderr]) {
      output.setEncoding('utf8').on('data', (text: string) => {
        started.printed += text;
      });
    }
    return started;
  }

  it('shows what a mail server sends, and ends in order at Ctrl-C', async () => {
    const started = start('status', '--watch', '--interval', '1');
    await until(() => /^Relay .* : 0 ▁/m.test(started.printed));
    const message = ['send-test-message', '--from', 'a@example.com', '--to', 'b@example.com'];
    expect(await confditFor(server)(...message)).toMatchObject({ code: 0 });
    await until(() => /^Relay .* : 1 ▁+█/m.test(started.printed));
    expect(receiver.messages).toHaveLength(1);
    started.child.kill('SIGINT');
    await until(() => started.child.exitCode !== null);
    expect(started.child.exitCode).toBe(0);
  });

  it('tells what changes, and by whom, as it changes', async () => {
    const started = start(
      'watch',
      '--count',
      '2',
      '--json',
      '--baseDN',
      'CN=Relay,cn=mail servers,cn=config',
    );
    const elsewhere = ['create-mail-server', '--server-name', 'Other', '--set', 'enabled:false'];
    expect(await confditFor(server)(...elsewhere, '--set', 'smtp-server:a')).toMatchObject({
      code: 0,
    });
    // Nobody knows when it has begun to listen.
    for (let priority = 1; started.child.exitCode === null; priority++) {
      await confditFor(server)('set-mail-server-prop', ...name, '--set', `priority:${priority}`);
    }
    expect(started.child.exitCode).toBe(0);
    const changes: unknown[] = started.printed
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(changes).toHaveLength(2);
    for (const change of changes) {
      expect(change).toMatchObject({
        type: 'modify',
        dn: 'cn=Relay,cn=Mail Servers,cn=config',
        by: 'cn=admin,cn=Root DNs,cn=config',
        number: expect.any(Number),
      });
    }
  });

  it('takes no words that mean nothing', async () => {
    for (const words of [
      ['watch', '--count', '0'],
      ['status', '--interval', 'soon'],
    ]) {
      expect(await confditFor(server)(...words)).toMatchObject({ code: 89, stdout: '' });
    }
  });
});

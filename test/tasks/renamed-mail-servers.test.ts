// Tasks that wait follow a mail server that is renamed: their entries name it, and what they do is done with it.

import { afterAll, beforeAll, expect, it } from 'vitest';
import { mailServerDn, mailServerLdif } from '../mail/mail-servers-in-ldif.ts';
import { LdapTools } from '../support/ldap-tools.ts';
import { endReceivers, SmtpReceiver } from '../support/mail/smtp-receiver.ts';
import { type RunningServer, startServer } from '../support/start-server.ts';
import { taskDn, taskLdif, untilTask } from '../support/tasks.ts';
import { until } from '../support/until.ts';

const LATER = 'ds-task-scheduled-start-time: 21260101000000Z';

let server: RunningServer;
let tools: LdapTools;
let receiver: SmtpReceiver;

beforeAll(async () => {
  receiver = await SmtpReceiver.start({ hideSTARTTLS: true });
  server = await startServer();
  tools = new LdapTools(server);
  const properties = { 'smtp-server': `127.0.0.1:${receiver.port}`, 'use-start-tls': false };
  const both = mailServerLdif('One', properties) + mailServerLdif('Other', properties);
  expect(await tools.add(both)).toMatchObject({ code: 0, stderr: '' });
});

afterAll(endReceivers);

const named = (name: string) => `ds-task-mail-server: ${mailServerDn(name)}`;

async function add(id: string, kind: string, ...lines: readonly string[]): Promise<void> {
  expect(await tools.add(taskLdif(id, kind, lines))).toMatchObject({ code: 0 });
}

async function rename(name: string, to: string): Promise<void> {
  const ldif = `dn: ${mailServerDn(name)}\nchangetype: modrdn\nnewrdn: cn=${to}\ndeleteoldrdn: 1\n`;
  expect(await tools.modify(ldif)).toMatchObject({ code: 0 });
}

async function nameIn(id: string): Promise<string | undefined> {
  const [task] = await tools.entries(taskDn(id), '-s', 'base');
  return task?.first('ds-task-mail-server');
}

it('a task that starts soon uses it under its new name, and one for another mail server stays as it is', async () => {
  const start = new Date(Date.now() + 3000).toISOString().replace(/[-:T]|\.\d+/g, '');
  const message = ['ds-task-mail-sender: a@example.com', 'ds-task-mail-recipient: b@example.com'];
  await add('far', 'ds-task-verify-mail-server', named('One'), LATER);
  await add('other', 'ds-task-verify-mail-server', named('Other'), LATER);
  await add(
    'near',
    'ds-task-send-test-message',
    named('One'),
    ...message,
    `ds-task-scheduled-start-time: ${start}`,
  );
  await rename('One', 'First');
  await rename('First', 'Second');
  await until(async () => (await nameIn('far')) === mailServerDn('Second'));
  expect(await nameIn('other')).toBe(mailServerDn('Other'));
  const sent = await untilTask(tools, taskDn('near'), (state) => /^(?:COMPLETED|STOPPED)/.test(state));
  expect(sent.first('ds-task-state'), JSON.stringify(sent.values('ds-task-log-message'))).toBe(
    'COMPLETED_SUCCESSFULLY',
  );
  expect(receiver.messages).toHaveLength(1);
});

it('the new name outlives the end of the server', async () => {
  await server.kill();
  server = await startServer({ folder: server.folder });
  tools = new LdapTools(server);
  expect(await nameIn('far')).toBe(mailServerDn('Second'));
});

// Kinds of tasks: finding out whether a mail server can be used, and sending a test message. Each tells in its entry what
// was done, what went wrong and what to change.

import type { Entry } from '../ldap/entry.ts';
import type { Issue } from '../ldap/issue.ts';
import type { CertificateFacts, MailServerCheck } from '../mail/check-mail-server.ts';
import type { MailFailure } from '../mail/failure.ts';
import type { MailQueue } from '../mail/mail-queue.ts';
import type { KnownMailServer, MailServers } from '../runtime/mail-servers.ts';
import type { TaskContext, TaskKind, TaskOutcome } from './task-kind.ts';

export interface MailTaskOptions {
  readonly servers: MailServers;
  readonly queue: MailQueue;
  readonly keyOf: (dn: string) => string;
}

interface TaskEnd {
  readonly isDone: boolean;
  readonly done: string;
  readonly inVain: string;
}

const SUBJECT = 'Test message';
const TEXT = 'This message was sent to see whether mail can be sent. Nobody has to do anything.\n';

export function mailTasks(options: MailTaskOptions): readonly TaskKind[] {
  return [verifyTask(options), testMessageTask(options)];
}

function verifyTask(options: MailTaskOptions): TaskKind {
  return {
    objectClass: 'ds-task-verify-mail-server',
    classNames: ['confdit.VerifyMailServerTask'],
    privileges: ['config-read'],
    isOneAtATime: false,
    check: (entry) => checkMailServerName(entry, options),
    run: async (task) => {
      const known = findMailServer(task.entry, options);
      if (known === undefined) throw new Error('The mail server is no longer there.');
      const check = await known.server.check(task.signal);
      task.signal.throwIfAborted();
      task.show(attributesOf(check));
      const { failure, server } = check;
      // Messages that wait for it wait no longer.
      if (failure === undefined) options.queue.wake();
      return conclude(task, failure === undefined ? [] : [failure], {
        isDone: failure === undefined,
        done: `${server} can be used.`,
        inVain: `${server} cannot be used.`,
      });
    },
  };
}

function testMessageTask(options: MailTaskOptions): TaskKind {
  const { servers, queue } = options;
  return {
    objectClass: 'ds-task-send-test-message',
    classNames: ['confdit.SendTestMessageTask'],
    privileges: ['config-write'],
    isOneAtATime: false,
    check: (entry) => checkMailServerName(entry, options),
    run: async (task) => {
      const { entry } = task;
      const only = findMailServer(entry, options);
      const asked = only === undefined ? servers.ordered : [only.server];
      if (asked.length === 0) throw new Error('There is no mail server that is enabled.');
      const from = entry.first('ds-task-mail-sender') ?? '';
      const to = entry.values('ds-task-mail-recipient');
      const headers = { 'Auto-Submitted': 'auto-generated' };
      const message = { from, to, subject: SUBJECT, text: TEXT, headers };
      const { accepted, refused, deferred } = await queue.sendNow(message, asked);
      for (const { mailServer, reply } of accepted) {
        task.log('INFORMATION', `${mailServer} accepted the message; it said "${reply}".`);
      }
      const failures = [...deferred, ...refused].map(({ failure }) => failure);
      return conclude(task, failures, {
        isDone: accepted.length > 0,
        done: 'The message was accepted.',
        inVain: 'No mail server has accepted the message.',
      });
    },
  };
}

/** Tells what went wrong, and how it ended: in vain, or done, perhaps after failures. */
function conclude(task: TaskContext, failures: readonly MailFailure[], end: TaskEnd): TaskOutcome {
  const unique = (texts: readonly string[]) => [...new Set(texts.filter((text) => text !== ''))];
  task.show({
    'ds-task-mail-problem': unique(failures.map(({ problem }) => problem)),
    'ds-task-mail-advice': unique(failures.map(({ advice }) => advice)),
  });
  for (const { problem, advice } of failures) {
    task.log(end.isDone ? 'WARNING' : 'ERROR', advice === '' ? problem : `${problem} ${advice}`);
  }
  if (!end.isDone) throw new Error(end.inVain);
  task.log('INFORMATION', end.done);
  return failures.length === 0 ? 'successfully' : 'withErrors';
}

function attributesOf(check: MailServerCheck): Readonly<Record<string, readonly string[]>> {
  const { steps, protocol, cipher, chain, capabilities } = check;
  return {
    'ds-task-mail-step': steps.map(({ step, ms }, at) => `${at + 1} ${step}: ${ms} ms`),
    'ds-task-mail-tls-protocol': protocol === undefined ? [] : [protocol],
    'ds-task-mail-tls-cipher': cipher === undefined ? [] : [cipher],
    'ds-task-mail-certificate': chain.map(formatCertificate),
    'ds-task-mail-capability': [...new Set(capabilities)],
  };
}

function formatCertificate(certificate: CertificateFacts, at: number): string {
  const { subject, issuer, validFrom, validTo, fingerprint } = certificate;
  return (
    `${at + 1} subject: ${subject}; issuer: ${issuer}; valid from ${validFrom.toISOString()} to ` +
    `${validTo.toISOString()}; SHA-256: ${fingerprint}`
  );
}

function findMailServer(entry: Entry, { servers, keyOf }: MailTaskOptions): KnownMailServer | undefined {
  const name = entry.first('ds-task-mail-server');
  return name === undefined ? undefined : servers.find(keyOf(name));
}

function checkMailServerName(entry: Entry, options: MailTaskOptions): readonly Issue[] {
  const received = entry.first('ds-task-mail-server');
  if (received === undefined || findMailServer(entry, options) !== undefined) return [];
  return [
    {
      code: 'unwillingToPerform',
      dn: entry.dn.toString(),
      property: 'ds-task-mail-server',
      received,
      problem: 'is not a mail server',
      advice: 'Give the name of an entry below cn=Mail Servers,cn=config.',
    },
  ];
}

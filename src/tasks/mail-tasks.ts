// Kinds of tasks: verifying a mail server, and sending a test message. The entry of the task reports what was done, what
// failed and what to change.

import type { Requester } from '../backend/backend.ts';
import { hintsOf } from '../config/hints.ts';
import { Reason } from '../files/program-error.ts';
import type { Entry } from '../ldap/entry.ts';
import type { Issue } from '../ldap/issue.ts';
import type { CertificateFacts, MailServerCheck } from '../mail/check-mail-server.ts';
import type { MailQueue } from '../mail/mail-queue.ts';
import type { MailServer } from '../mail/mail-server.ts';
import type { MailFailure } from '../mail/smtp/failure.ts';
import type { KnownMailServer, MailServers } from '../runtime/mail-servers.ts';
import {
  CHANGE_ATTRIBUTE,
  type MailServerChangeOptions,
  readMailServerChange,
  SERVER_ATTRIBUTE,
} from './mail-server-change.ts';
import { ShownWaiting } from './shown-waiting.ts';
import type { TaskContext, TaskKind, TaskOutcome, TaskRun } from './task-kind.ts';

export interface MailTaskOptions extends MailServerChangeOptions {
  readonly servers: MailServers;
  readonly queue: MailQueue;
}

interface TaskEnd {
  /** Why something was not tried at all, in sentences. */
  readonly notTried?: readonly string[];
  readonly isDone: boolean;
  /** Undefined if the failures say it. */
  readonly done: string | undefined;
  readonly inVain: string;
}

const SUBJECT = 'Test message';
const TEXT = 'This message was sent to see whether mail can be sent. Nobody has to do anything.\n';

/** Returns the kinds of tasks about mail. */
export function mailTasks(options: MailTaskOptions): readonly TaskKind[] {
  return [verifyTask(options), testMessageTask(options)];
}

function verifyTask(options: MailTaskOptions): TaskKind {
  return {
    objectClass: 'ds-task-verify-mail-server',
    classNames: ['confdit.VerifyMailServerTask'],
    privileges: ['config-read'],
    permission: 'verify',
    isOneAtATime: false,
    // A mail server made from a trial change was checked with that change.
    check: (entry) => (entry.find(CHANGE_ATTRIBUTE) === undefined ? checkMailServerName(entry, options) : []),
    unstored: {
      attribute: CHANGE_ATTRIBUTE,
      prepare: (entry, ldif, requester) => prepareChanged(entry, ldif, requester, options),
    },
    run: async (task) => {
      if (task.entry.find(CHANGE_ATTRIBUTE) !== undefined) {
        throw new Reason(
          `What ${CHANGE_ATTRIBUTE} held was kept in memory only and is lost. Add the task once more.`,
        );
      }
      const known = findMailServerNow(task.entry, options);
      if (known === undefined) throw new Reason('The mail server is no longer there.');
      const outcome = await verify(task, known.server, known.hints);
      // Messages waiting for this mail server are tried at once.
      options.queue.wake();
      return outcome;
    },
  };
}

async function verify(
  task: TaskContext,
  mailServer: MailServer,
  hints: readonly string[],
): Promise<TaskOutcome> {
  for (const hint of hints) task.log('WARNING', hint);
  const waiting = new ShownWaiting(task);
  const check = await mailServer.check(task.signal, waiting.show);
  waiting.end();
  task.signal.throwIfAborted();
  task.show(attributesOf(check));
  const { failure, server } = check;
  return conclude(task, failure === undefined ? [] : [failure], {
    isDone: failure === undefined,
    done: `${server} can be used.`,
    inVain: `${server} cannot be used.`,
  });
}

/** Verifies the mail server of a trial change, without touching the one that messages are sent by. */
async function prepareChanged(
  entry: Entry,
  ldif: string,
  requester: Requester,
  options: MailTaskOptions,
): Promise<TaskRun> {
  const { object, difference } = await readMailServerChange(entry, ldif, requester, options);
  return async (task) => {
    const aside = options.servers.makeAside(object);
    try {
      task.log('INFORMATION', difference);
      return await verify(task, aside, hintsOf(object));
    } finally {
      aside.close();
    }
  };
}

function testMessageTask(options: MailTaskOptions): TaskKind {
  const { servers, queue } = options;
  return {
    objectClass: 'ds-task-send-test-message',
    classNames: ['confdit.SendTestMessageTask'],
    privileges: ['config-write'],
    permission: 'send',
    isOneAtATime: false,
    check: (entry) => checkMailServerName(entry, options),
    run: async (task) => {
      const { entry } = task;
      const only = findMailServerNow(entry, options);
      const asked = only === undefined ? servers.ordered : [only.server];
      if (asked.length === 0) throw new Reason('There is no mail server that is enabled.');
      const from = entry.first('ds-task-mail-sender') ?? '';
      const to = entry.values('ds-task-mail-recipient');
      const headers = { 'Auto-Submitted': 'auto-generated' };
      const message = { from, to, subject: SUBJECT, text: TEXT, headers };
      const waiting = new ShownWaiting(task);
      const { accepted, refused, deferred, notTried } = await queue.sendNow(message, asked, waiting.show);
      waiting.end();
      for (const { mailServer, reply } of accepted) {
        task.log('INFORMATION', `${mailServer} accepted the message; it said "${reply}".`);
      }
      const failures = [...deferred, ...refused].map(({ failure }) => failure);
      const isAccepted = accepted.length > 0;
      const isUnclear = failures.some((failure) => failure.isUnclear);
      task.show({ 'ds-task-mail-outcome': [isAccepted ? 'accepted' : isUnclear ? 'unknown' : 'refused'] });
      return conclude(task, failures, {
        isDone: isAccepted || isUnclear,
        done: isAccepted
          ? `The message was accepted${isUnclear ? ', and may arrive twice' : ''}.`
          : undefined,
        inVain: 'No mail server has accepted the message.',
        notTried,
      });
    },
  };
}

/** Reports the failures and the end of a task: done, perhaps after failures, or failed. */
function conclude(task: TaskContext, failures: readonly MailFailure[], end: TaskEnd): TaskOutcome {
  const unique = (texts: readonly string[]) => [...new Set(texts.filter((text) => text !== ''))];
  task.show({
    'ds-task-mail-problem': unique([...failures.map(({ problem }) => problem), ...(end.notTried ?? [])]),
    'ds-task-mail-advice': unique(failures.map(({ advice }) => advice)),
  });
  for (const reason of end.notTried ?? []) task.log(end.isDone ? 'WARNING' : 'ERROR', reason);
  for (const { problem, advice } of failures) {
    task.log(end.isDone ? 'WARNING' : 'ERROR', advice === '' ? problem : `${problem} ${advice}`);
  }
  if (!end.isDone) throw new Reason(end.inVain);
  if (end.done !== undefined) task.log('INFORMATION', end.done);
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
  const name = entry.first(SERVER_ATTRIBUTE);
  return name === undefined ? undefined : servers.find(keyOf(name));
}

/** Finds the mail server by its present name: it may have been renamed since the task was added. */
function findMailServerNow(entry: Entry, { servers, keyOf }: MailTaskOptions): KnownMailServer | undefined {
  const name = entry.first(SERVER_ATTRIBUTE);
  return name === undefined ? undefined : servers.findNow(keyOf(name));
}

function checkMailServerName(entry: Entry, options: MailTaskOptions): readonly Issue[] {
  const received = entry.first(SERVER_ATTRIBUTE);
  if (received === undefined || findMailServer(entry, options) !== undefined) return [];
  return [
    {
      code: 'unwillingToPerform',
      dn: entry.dn.toString(),
      property: SERVER_ATTRIBUTE,
      received,
      problem: 'is not a mail server',
      advice: 'Give the name of an entry below cn=Mail Servers,cn=config.',
    },
  ];
}

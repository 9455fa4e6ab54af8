// The mail that leaves: the mail servers of the configuration, the spool, and the queue that everything in the server
// sends through.

import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { readLdif } from '../codec/ldif-reader.ts';
import { Reason } from '../files/program-error.ts';
import type { Change } from '../ldap/change.ts';
import type { AlertSink } from '../mail/alert.ts';
import { MailQueue } from '../mail/mail-queue.ts';
import { NameLookups } from '../mail/name-lookups.ts';
import type { Later } from '../mail/pauses.ts';
import { Spool } from '../mail/spool.ts';
import { mailMonitor } from '../monitor/mail-monitor.ts';
import type { Monitor } from '../monitor/monitor.ts';
import type { Component } from '../runtime/component.ts';
import { MailServers, type MailServersOptions } from '../runtime/mail-servers.ts';
import { MailVerification } from '../runtime/mail-verification.ts';
import type { MailServerChangeOptions } from '../tasks/mail-server-change.ts';
import { mailTasks } from '../tasks/mail-tasks.ts';
import type { TaskKind } from '../tasks/task-kind.ts';

export interface MailParts extends Omit<MailServersOptions, 'clockMs' | 'lookups'> {
  readonly instanceFolder: string;
  readonly monitor: Monitor;
  readonly alerts: AlertSink;
  readonly later: Later;
  readonly tryObject: MailServerChangeOptions['tryObject'];
}

export interface OpenMail {
  readonly servers: MailServers;
  readonly queue: MailQueue;
  readonly components: readonly Component[];
  readonly taskKinds: readonly TaskKind[];
  /** Returns the number of messages in the spool. */
  readonly waiting: () => number;
  close(): Promise<void>;
}

/** Below the instance folder. */
const SPOOL_FOLDER = 'mail';

/** Opens the spool, the mail servers and the queue. Rejects if the spool cannot be used. */
export async function openMail(parts: MailParts): Promise<OpenMail> {
  const { instanceFolder, log, now } = parts;
  const servers = new MailServers({ ...parts, clockMs: () => performance.now(), lookups: new NameLookups() });
  const spool = await Spool.open(join(instanceFolder, SPOOL_FOLDER), () => servers.spoolLimits);
  const queue = new MailQueue({
    spool,
    servers: () => servers.ordered,
    limits: () => servers.queueLimits,
    log,
    now,
    later: parts.later,
  });
  servers.onChange(() => queue.wake());
  const verification = new MailVerification({
    servers,
    failed: (name, { problem, advice }) =>
      parts.alerts.raise({ type: 'confdit.MailServerFailed', message: `${name}: ${problem} ${advice}` }),
    random: Math.random,
    later: parts.later,
  });
  const close = async () => {
    verification.stop();
    await queue.close();
    servers.close();
  };
  parts.monitor.add(mailMonitor({ servers, queue, spool }));
  const taskKinds = mailTasks({ ...parts, servers, queue, readChange });
  const components = [...servers.components, verification];
  return { servers, queue, components, taskKinds, waiting: () => spool.messageCount, close };
}

function readChange(ldif: string): Change {
  const [record, ...others] = readLdif(ldif);
  if (record === undefined || others.length > 0) throw new Reason('There must be one record.');
  if (record.type === 'content') return { type: 'add', entry: record.entry };
  if (record.controls.length > 0) throw new Reason('Controls are not taken.');
  return record.change;
}

// The mail room by itself, without a directory around it: mail servers made from properties, and a queue over a spool.

import { X509Certificate } from 'node:crypto';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { systemClock } from '../../src/bin/clock.ts';
import { Secret } from '../../src/config/secret.ts';
import { type JavaMailSetting, javaMail } from '../../src/config/types/java-mail.ts';
import { MailQueue, type QueueLimits } from '../../src/mail/mail-queue.ts';
import { MailServer } from '../../src/mail/mail-server.ts';
import { MailServerFigures } from '../../src/mail/mail-server-figures.ts';
import type { MailServerSettings } from '../../src/mail/mail-server-settings.ts';
import { NameLookups } from '../../src/mail/name-lookups.ts';
import type { OutgoingMessage } from '../../src/mail/outgoing-message.ts';
import { Spool, type SpoolLimits } from '../../src/mail/spool.ts';
import { ServerTrust } from '../../src/trust/server-trust.ts';
import type { Trust } from '../../src/trust/trust.ts';
import { TrustError } from '../../src/trust/trust-error.ts';
import { removeFolder } from '../support/folders.ts';

export interface ServerWords extends Partial<Omit<MailServerSettings, 'smtpServer' | 'smtpProperty'>> {
  readonly name?: string;
  readonly host?: string;
  readonly port: number;
  readonly password?: string;
  /** Each `mail.smtp.name=value`. */
  readonly properties?: readonly string[];
  /** Authorities as PEM; those of the runtime without, and `none`: a trust manager that is not there. */
  readonly authority?: string | 'none';
  /** Instead of authorities that stay as they are. */
  readonly trusts?: Trust;
  /** Instead of a real clock. */
  readonly clockMs?: () => number;
  /** Instead of 5 s. */
  readonly stallMs?: number;
}

export const PAUSES = { firstMs: 50, longestMs: 200 };

/** A mail server with the defaults of the configuration, but without encryption. */
export function mailServer({
  name,
  host,
  port,
  password,
  properties,
  authority,
  trusts,
  clockMs = () => performance.now(),
  stallMs,
  ...words
}: ServerWords): MailServer {
  const settings: MailServerSettings = {
    smtpServer: { host: host ?? '127.0.0.1', port },
    authUsername: password === undefined ? undefined : 'alice',
    authPassword: password === undefined ? undefined : new Secret(password),
    useSsl: false,
    useStartTls: false,
    priority: 100,
    connectionPoolSize: 5,
    ...words,
    smtpProperty: (properties ?? []).map(settingOf),
  };
  const now = () => new Date();
  const trust =
    trusts === undefined ? trustIn(authority) : new ServerTrust({ name: 'Test Trust', trust: trusts, now });
  return new MailServer({
    name: name ?? `server on ${port}`,
    settings,
    trust: () => {
      if (trust === undefined) throw new TrustError('The trust manager is not there.');
      return trust;
    },
    figures: new MailServerFigures(),
    pauses: () => PAUSES,
    log: logged,
    now: () => new Date(),
    clockMs,
    ...(stallMs === undefined ? {} : { stallMs }),
    lookups: new NameLookups(),
  });
}

/** Everything that was logged in this process. */
export const logLines: string[] = [];
const logged = {
  info: (fields: object, text: string) => logLines.push(JSON.stringify({ ...fields, text })),
  warn: (fields: object, text: string) => logLines.push(JSON.stringify({ ...fields, text })),
};

function settingOf(text: string): JavaMailSetting {
  const parsed = javaMail().parse(text);
  if (parsed.problem !== undefined) throw new Error(`${text} ${parsed.problem}`);
  return parsed.value;
}

function trustIn(authority: string | undefined): ServerTrust | undefined {
  const now = () => new Date();
  if (authority === 'none') return undefined;
  if (authority === undefined)
    return new ServerTrust({ name: 'the runtime', trust: { type: 'system' }, now });
  const known = [new X509Certificate(authority)];
  const certificates = { current: async () => known };
  return new ServerTrust({ name: 'Test Trust', trust: { type: 'authorities', certificates }, now });
}

export const MESSAGE: OutgoingMessage = {
  from: 'confdit@example.com',
  to: ['one@example.com'],
  subject: 'A subject',
  text: 'A text.\n',
};

/** The same as octets, for a mail server alone. */
export const READY = {
  from: 'confdit@example.com',
  to: ['one@example.com'],
  content: Buffer.from('Subject: ready\r\n\r\nA text.\r\n'),
};

export interface OpenQueue {
  readonly queue: MailQueue;
  readonly spool: Spool;
  readonly folder: string;
  readonly givenUp: string[];
  readonly refused: string[];
}

const folders: string[] = [];
const queues: MailQueue[] = [];

export interface QueueWords {
  readonly servers: () => readonly MailServer[];
  readonly folder?: string;
  readonly lifetimeMs?: number;
  readonly pauses?: QueueLimits['pauses'];
  readonly spoolLimits?: SpoolLimits;
}

export async function openQueue(words: QueueWords): Promise<OpenQueue> {
  const folder = words.folder ?? (await mkdtemp(join(tmpdir(), 'confdit-spool-')));
  folders.push(folder);
  const spoolLimits = words.spoolLimits ?? { messagesMax: 10_000, octetsMax: 100_000_000 };
  const spool = await Spool.open(folder, () => spoolLimits);
  const limits: QueueLimits = { pauses: words.pauses ?? PAUSES, lifetimeMs: words.lifetimeMs ?? 600_000 };
  const queue = new MailQueue({
    spool,
    servers: words.servers,
    limits: () => limits,
    log: logged,
    ...systemClock(),
  });
  const [givenUp, refused]: [string[], string[]] = [[], []];
  queue.tell({
    gaveUp: ({ reason }) => givenUp.push(reason),
    spoolRefused: (reason) => refused.push(reason),
  });
  queues.push(queue);
  queue.start();
  return { queue, spool, folder, givenUp, refused };
}

/** Ends queues and removes spools. */
export async function endQueues(): Promise<void> {
  await Promise.all(queues.splice(0).map((queue) => queue.close()));
  await Promise.all(folders.splice(0).map((folder) => removeFolder(folder)));
}

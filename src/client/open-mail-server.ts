// The client for applications in Node.js: a mail server configured in confdit, as a nodemailer transporter that stays the
// same while the settings change. Messages are nodemailer's business, and have no events here.

import { EventEmitter } from 'node:events';
import { createTransport, type Transporter } from 'nodemailer';
import type { SMTPPoolOptions, SMTPPoolSentMessageInfo } from 'nodemailer/lib/smtp-pool';
import { messageOf } from '../files/file-error.ts';
import { Reason } from '../files/program-error.ts';
import { parsePem } from '../trust/pem.ts';
import { ServerTrust } from '../trust/server-trust.ts';
import type { Trust } from '../trust/trust.ts';
import { ChangingTransport } from './changing-transport.ts';
import { MailServerError, type MailServerProblem } from './mail-server-error.ts';
import type { MailServerInForce, MailServerSettings } from './mail-server-in-force.ts';
import { addressesOf, type Certificates, type OpenOptions } from './open-options.ts';
import { closedError, SettingsWatch } from './settings-watch.ts';

export {
  type Certificates,
  MailServerError,
  type MailServerProblem,
  type MailServerSettings,
  type OpenOptions,
};

export interface MailServerEvents {
  /** The settings have changed; they apply to the next message. */
  change: [settings: MailServerSettings];
  /** The settings may be outdated. The last ones are used, unless the mail server is gone. */
  loss: [error: MailServerError];
  /** After a loss: the settings are current again. */
  recovery: [];
}

/**
 * Connects to confdit, reads the effective settings of the mail server, and follows them until `close`. Rejects with a
 * MailServerError if that fails at first; later failures are reported by the event `loss` and tried again.
 *
 * @example Send a message
 * ```ts
 * import { openMailServer } from 'confdit/client';
 *
 * await using mailServer = await openMailServer({
 *   url: process.env.CONFDIT_URL ?? 'ldaps://confdit.example.com:1636',
 *   bindDn: 'cn=app,cn=Root DNs,cn=config',
 *   password: () => process.env.CONFDIT_PASSWORD ?? '',
 *   mailServer: 'Main',
 * });
 * const { accepted } = await mailServer.transporter.sendMail({
 *   from: 'app@example.com',
 *   to: 'bob@example.com',
 *   subject: 'Hello',
 *   text: 'Good news.',
 * });
 * console.log(`Accepted for ${accepted.join(', ')}.`);
 * // prints: Accepted for bob@example.com.
 * ```
 */
export async function openMailServer(options: OpenOptions): Promise<OpenedMailServer> {
  return OpenedMailServer.open(options);
}

/**
 * A mail server whose settings are followed. Emits `change`, `loss` and `recovery`.
 *
 * @example Follow the settings
 * ```ts
 * import { openMailServer } from 'confdit/client';
 *
 * const mailServer = await openMailServer({
 *   url: process.env.CONFDIT_URL ?? 'ldaps://confdit.example.com:1636',
 *   bindDn: 'cn=app,cn=Root DNs,cn=config',
 *   password: () => process.env.CONFDIT_PASSWORD ?? '',
 *   mailServer: 'Main',
 * });
 * mailServer.on('change', ({ host, port }) => console.log(`Mail now goes to ${host}:${port}.`));
 * mailServer.on('loss', (error) => console.warn(error.message));
 * const { name, enabled, encryption } = mailServer.settings;
 * console.log(`${name} is ${enabled ? 'enabled' : 'disabled'}, encryption: ${encryption}.`);
 * await mailServer.close();
 * // prints: Main is enabled, encryption: none.
 * ```
 */
export class OpenedMailServer extends EventEmitter<MailServerEvents> {
  /** The transporter to send with. It never changes. */
  readonly transporter: Transporter<SMTPPoolSentMessageInfo, SMTPPoolOptions>;
  readonly #transport = new ChangingTransport(closedError());
  readonly #trust: Trust;
  readonly #watch: SettingsWatch;
  #found: MailServerInForce;
  #problem: MailServerError | undefined;

  /** Opens a mail server; applications call openMailServer. */
  static async open(options: OpenOptions): Promise<OpenedMailServer> {
    const addresses = addressesOf(options);
    const trust = trustOf(options.mailCa);
    const { mailServer, reconnect, refreshMs } = options;
    let opened: OpenedMailServer | undefined;
    const listener = {
      read: (found: MailServerInForce) => {
        if (opened !== undefined) opened.#take(found);
      },
      lost: (error: MailServerError) => {
        if (opened !== undefined) opened.#lose(error);
      },
    };
    const watch = new SettingsWatch({ mailServer, reconnect, refreshMs, addresses, listener });
    opened = new OpenedMailServer(await watch.open(), trust, watch);
    return opened;
  }

  private constructor(found: MailServerInForce, trust: Trust, watch: SettingsWatch) {
    super();
    this.#trust = trust;
    this.#watch = watch;
    this.#found = found;
    this.transporter = createTransport(this.#transport);
    this.#use();
  }

  /** The settings of the next message. */
  get settings(): MailServerSettings {
    return this.#found.settings;
  }

  /** Why the settings may be outdated; undefined while they are current. */
  get problem(): MailServerError | undefined {
    return this.#problem;
  }

  /** Disconnects from confdit and refuses further messages. Resolves when those under way have ended. */
  async close(): Promise<void> {
    this.#watch.close();
    this.#transport.refuse(closedError());
    await this.#transport.finish();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #take(found: MailServerInForce): void {
    const wasRefusing = this.#problem !== undefined && this.#transport.isRefusing;
    const wasLost = this.#problem !== undefined;
    const isOther = found.fingerprint !== this.#found.fingerprint;
    this.#problem = undefined;
    this.#found = found;
    if (isOther || wasRefusing) this.#use();
    if (wasLost) this.#tell('recovery');
    if (isOther) this.#tell('change', found.settings);
  }

  #lose(error: MailServerError): void {
    const isKnown = this.#problem?.code === error.code;
    this.#problem = error;
    if (error.code === 'missing') this.#transport.refuse(error);
    if (!isKnown) this.#tell('loss', error);
  }

  /** Emits an event. An error thrown by a listener must not break the connection. */
  #tell<Name extends keyof MailServerEvents>(name: Name, ...words: MailServerEvents[Name]): void {
    process.nextTick(() => this.emit<keyof MailServerEvents>(name, ...words));
  }

  #use(): void {
    const { settings, plan, isBlind } = this.#found;
    if (!settings.enabled) {
      const message = `The mail server ${JSON.stringify(settings.name)} is not enabled. Set its ds-cfg-enabled to true in confdit.`;
      this.#transport.refuse(new MailServerError('disabled', message));
      return;
    }
    const name = isBlind ? 'the blind trust manager of the mail server' : 'the option mailCa';
    const trust: Trust = isBlind ? { type: 'blind' } : this.#trust;
    this.#transport.use(plan, new ServerTrust({ name, trust, now: () => new Date() }));
  }
}

/** Throws MailServerError (`options`). */
function trustOf(mailCa: Certificates | undefined): Trust {
  if (mailCa === undefined) return { type: 'system' };
  const texts = typeof mailCa === 'string' || Buffer.isBuffer(mailCa) ? [mailCa] : mailCa;
  try {
    const certificates = parsePem(texts.map(String).join('\n'), 'the option mailCa').certificates;
    if (certificates.length === 0) throw new Reason('The option mailCa has no certificate in PEM form.');
    return { type: 'authorities', certificates: { current: async () => certificates } };
  } catch (error) {
    const message = messageOf(error);
    throw new MailServerError('options', message, { cause: error });
  }
}

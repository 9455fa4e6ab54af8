// The account status notification handlers of the configuration: what becomes of accounts goes to the log and into mails.

import { resolve } from 'node:path';
import type { ObjectOfKind } from '../config/configuration-object.ts';
import type { NotificationType } from '../config/types/notification-text.ts';
import type { FileReader } from '../files/file-reader.ts';
import type { Log } from '../files/log.ts';
import { UnreadableFile } from '../files/named-file.ts';
import { decodeText } from '../files/text.ts';
import { LdapError } from '../ldap/ldap-error.ts';
import { type AccountNotice, composeNotice, type NoticeMail } from '../mail/account-notice.ts';
import type { AlertSender } from '../mail/alert-sender.ts';
import { parseTemplate, type Template } from '../mail/notification-template.ts';
import { MailError } from '../mail/outgoing-message.ts';
import type { Later } from '../mail/pauses.ts';
import type { Component, ObjectDifference } from './component.ts';
import { type Digest, factsOf, type RunningPart } from './description.ts';
import { PreparedMap } from './prepared-map.ts';

export interface NotificationHandlersOptions {
  /** Folder at which relative paths start. */
  readonly instanceFolder: string;
  readonly files: FileReader;
  readonly log: Pick<Log, 'info' | 'warn'>;
  readonly later: Later;
  /** Returns the key of a DN. */
  readonly keyOf: (dn: string) => string;
  /** Returns true for an attribute of the schema whose values are no secrets. */
  readonly mayShow: (attribute: string) => boolean;
}

type LogObject = ObjectOfKind<'error-log-account-status-notification-handler'>;
type MailObject = ObjectOfKind<'smtp-account-status-notification-handler'>;

interface Handler {
  readonly object: LogObject | MailObject;
  /** Undefined for a handler that writes to the log. */
  readonly mail: NoticeMail | undefined;
}

const TEMPLATE_OCTETS_MAX = 256 * 1024;
/** Mails on their way to the spool, or to a mail server where the spool takes nothing. */
const UNDER_WAY_MAX = 100;
/** Maximum waiting time for them when the server stops, in milliseconds. */
const CLOSE_MS = 5000;
const KINDS = [
  'error-log-account-status-notification-handler',
  'smtp-account-status-notification-handler',
] as const;

export class NotificationHandlers {
  readonly components: readonly Component[];
  readonly #options: NotificationHandlersOptions;
  readonly #handlers = new PreparedMap<Handler>();
  readonly #underWay = new Set<Promise<void>>();
  #sender: AlertSender | undefined;

  constructor(options: NotificationHandlersOptions) {
    this.#options = options;
    this.components = KINDS.map((kind) => this.#component(kind));
  }

  /** Sends mails from now on. */
  start(sender: AlertSender): void {
    this.#sender = sender;
  }

  /** Resolves when all mails of now are in the spool, or after the maximum waiting time. */
  async close(): Promise<void> {
    const { promise: late, resolve: giveUp } = Promise.withResolvers<void>();
    const cancel = this.#options.later(CLOSE_MS, giveUp);
    await Promise.race([Promise.all(this.#underWay), late]);
    cancel();
  }

  /** Reports a notice by the handlers with these DNs, as far as they are enabled. */
  notify(notice: AccountNotice, handlers: readonly string[]): void {
    for (const dn of handlers) {
      const handler = this.#handlers.find(this.#options.keyOf(dn));
      if (handler === undefined) continue;
      if (handler.mail !== undefined) this.#send(notice, handler.mail);
      else if (typesOf(handler.object).includes(notice.type)) this.#log(notice);
    }
  }

  #log({ type, dn, message }: AccountNotice): void {
    this.#options.log.info(
      { notification: type, account: dn, about: message },
      'account status notification',
    );
  }

  #send(notice: AccountNotice, mail: NoticeMail): void {
    const message = composeNotice(notice, mail);
    const sender = this.#sender;
    if (message === undefined || sender === undefined) return;
    if (this.#underWay.size >= UNDER_WAY_MAX) {
      const problem = `${UNDER_WAY_MAX} mails are under way already.`;
      this.#options.log.warn({ problem, account: notice.dn }, 'a notification is not mailed');
      return;
    }
    const sending = sender
      .send(message)
      .then(() => {})
      .catch((error: unknown) => {
        const problem = error instanceof MailError ? error.message : String(error);
        this.#options.log.warn({ problem, account: notice.dn }, 'a notification could not be mailed');
      })
      .finally(() => this.#underWay.delete(sending));
    this.#underWay.add(sending);
  }

  #component(kind: (typeof KINDS)[number]): Component {
    const handlers = this.#handlers;
    return {
      kind,
      renamed: (keys) => handlers.rename(keys),
      prepare: async ({ key, after }: ObjectDifference) => {
        const mine = isHandler(after) && after.kind === kind ? after : undefined;
        // Under this key there may be a handler of the other kind now, which its own component stages.
        if (mine === undefined && isHandler(after)) return undefined;
        return handlers.stage(key, mine?.enabled === true ? await this.#handlerOf(mine) : undefined);
      },
      *describe(digest: Digest): Generator<RunningPart> {
        for (const [key, { object }] of handlers.entries())
          if (object.kind === kind) yield { key, facts: factsOf(describedBy(object), digest) };
      },
      runs: (key) => handlers.find(key) !== undefined,
    };
  }

  async #handlerOf(object: LogObject | MailObject): Promise<Handler> {
    if (object.kind !== 'smtp-account-status-notification-handler') return { object, mail: undefined };
    const templates = new Map<NotificationType, Template>();
    for (const { type, text } of object.messageTemplateFile) {
      if (templates.has(type)) throw refusal(object, 'message-template-file', `has two files for ${type}.`);
      templates.set(type, await this.#templateAt(text, object));
    }
    const subjects = new Map<NotificationType, string>();
    for (const { type, text } of object.messageSubject) {
      if (subjects.has(type)) throw refusal(object, 'message-subject', `has two subjects for ${type}.`);
      subjects.set(type, text);
    }
    for (const name of object.emailAddressAttributeType) {
      if (this.#options.mayShow(name.toLowerCase())) continue;
      const problem = `${JSON.stringify(name)} is no attribute of the schema that mails may show.`;
      throw refusal(object, 'email-address-attribute-type', problem);
    }
    const mail: NoticeMail = {
      sender: object.senderAddress,
      recipients: object.recipientAddress,
      addressAttributes: object.emailAddressAttributeType.map((name) => name.toLowerCase()),
      subjects,
      templates,
      isHtml: object.sendEmailAsHtml,
      sendsWithoutOwner: object.sendMessageWithoutEndUserAddress,
    };
    return { object, mail };
  }

  async #templateAt(file: string, object: MailObject): Promise<Template> {
    const { files, instanceFolder, mayShow } = this.#options;
    const path = resolve(instanceFolder, file);
    try {
      const { octets } = await files.read(path, TEMPLATE_OCTETS_MAX);
      const template = parseTemplate(decodeText(octets, path), mayShow);
      if (!('problem' in template)) return template;
      const { line, column, problem } = template;
      throw refusal(object, 'message-template-file', `${path}:${line}:${column}: ${problem}.`);
    } catch (error) {
      if (!(error instanceof UnreadableFile)) throw error;
      throw refusal(object, 'message-template-file', error.message);
    }
  }
}

function isHandler(object: ObjectDifference['after']): object is LogObject | MailObject {
  return KINDS.some((kind) => kind === object?.kind);
}

function typesOf(object: LogObject | MailObject): readonly NotificationType[] {
  return object.kind === 'error-log-account-status-notification-handler'
    ? object.accountStatusNotificationType
    : object.messageTemplateFile.map(({ type }) => type);
}

function describedBy({ dn: _dn, kind: _kind, ...settings }: LogObject | MailObject): Record<string, unknown> {
  return Object.fromEntries(Object.entries(settings).map(([name, value]) => [name, JSON.stringify(value)]));
}

function refusal({ dn }: MailObject, property: string, problem: string): LdapError {
  return new LdapError('unwillingToPerform', `${dn}: ${property}: ${problem}`);
}

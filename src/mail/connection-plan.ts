// How a mail server is to be reached, made from its properties and, after everything else, its JavaMail properties.
// Pure: nothing is opened here, and passwords stay wrapped.

import type { MailOption, MailOptionName } from '../config/java-mail/java-mail-property.ts';
import type { Secret } from '../config/secret.ts';
import { asciiHost } from '../trust/host-name.ts';
import type { TlsSettings } from '../trust/secure-contexts.ts';
import type { MailServerSettings } from './mail-server-settings.ts';

/** How much of a connection is encrypted. */
export type Encryption =
  /** From the first byte. */
  | 'tls'
  /** STARTTLS before anything else; a mail server that does not offer it is left alone. */
  | 'start-tls'
  /** STARTTLS where it is offered: only asked for by JavaMail properties, and never with a login. */
  | 'start-tls-if-offered'
  | 'none';

export interface Login {
  readonly user: string;
  readonly password: Secret;
  /** Undefined: the first way that the mail server offers. */
  readonly method: string | undefined;
}

export interface Proxy {
  readonly host: string;
  readonly port: number;
  readonly user: string | undefined;
  readonly password: Secret | undefined;
}

export interface ConnectionPlan {
  readonly host: string;
  readonly port: number;
  readonly encryption: Encryption;
  readonly login: Login | undefined;
  readonly proxy: Proxy | undefined;
  /** What this server calls itself in EHLO. */
  readonly clientName: string | undefined;
  readonly localAddress: string | undefined;
  /** From looking up the name to the end of STARTTLS. */
  readonly connectionTimeoutMs: number;
  readonly greetingTimeoutMs: number;
  /** How long nothing may come. */
  readonly socketTimeoutMs: number;
  /** How long a step may take where a person waits. */
  readonly patienceMs: number;
  /** Whether what is said is logged, without secrets and without the messages. */
  readonly logsDialog: boolean;
  readonly checksHost: boolean;
  readonly tls: TlsSettings;
  /** The sender on the envelope, in place of the message's own. */
  readonly envelopeFrom: string | undefined;
  /** Which reports on a delivery are asked for (RFC 3461). */
  readonly reports: { readonly notify?: string[]; readonly ret?: string } | undefined;
  readonly maxConnections: number;
}

const CONNECTION_TIMEOUT_MS = 30_000;
const GREETING_TIMEOUT_MS = 30_000;
/** RFC 5321 §4.5.3.2.6: who gives up earlier after the end of a message sends it twice. */
const SOCKET_TIMEOUT_MS = 600_000;
/** Longer only where mail.smtp.timeout says that the mail server needs more. */
const PATIENCE_MS = 30_000;
const PROXY_PORT = 80;

export function planConnection(settings: MailServerSettings): ConnectionPlan {
  const options = new Options(settings.smtpProperty.flatMap(({ options: own }) => own));
  const login = loginOf(settings, options);
  return {
    host: asciiHost(options.text('host') ?? settings.smtpServer.host),
    port: options.number('port') ?? settings.smtpServer.port,
    encryption: encryptionOf(settings, options, login !== undefined),
    login,
    proxy: proxyOf(options),
    clientName: hostOf(options.text('name')),
    localAddress: options.text('localAddress'),
    connectionTimeoutMs: options.number('connectionTimeout') ?? CONNECTION_TIMEOUT_MS,
    greetingTimeoutMs: options.number('greetingTimeout') ?? GREETING_TIMEOUT_MS,
    socketTimeoutMs: options.number('socketTimeout') ?? SOCKET_TIMEOUT_MS,
    patienceMs: Math.max(PATIENCE_MS, options.number('socketTimeout') ?? 0),
    logsDialog: options.flag('debug') ?? false,
    checksHost: options.flag('tls.checkServerIdentity') ?? true,
    tls: tlsSettingsOf(options),
    envelopeFrom: options.text('envelope.from'),
    reports: reportsOf(options),
    maxConnections: settings.connectionPoolSize,
  };
}

function hostOf(name: string | undefined): string | undefined {
  return name === undefined ? undefined : asciiHost(name);
}

function loginOf(settings: MailServerSettings, options: Options): Login | undefined {
  const user = options.text('auth.user') ?? settings.authUsername;
  const { authPassword: password } = settings;
  if (user === undefined || password === undefined || options.flag('auth') === false) return undefined;
  return { user, password, method: options.text('auth.method') };
}

/**
 * A login is never sent in clear text to a server that should have offered STARTTLS: where JavaMail would use STARTTLS only
 * if it is offered, a login makes it required. Without encryption is a login only where every property says so.
 */
function encryptionOf(settings: MailServerSettings, options: Options, hasLogin: boolean): Encryption {
  if (options.flag('secure') ?? settings.useSsl) return 'tls';
  const isIgnored = options.flag('ignoreTLS');
  const isRequired = options.flag('requireTLS');
  if (isRequired === true) return 'start-tls';
  if (isIgnored ?? !settings.useStartTls) return 'none';
  const isOptional = isRequired === false || !settings.useStartTls;
  return isOptional && !hasLogin ? 'start-tls-if-offered' : 'start-tls';
}

function proxyOf(options: Options): Proxy | undefined {
  const host = options.text('proxy.host');
  if (host === undefined) return undefined;
  const password = options.find('proxy.password');
  return {
    host: asciiHost(host),
    port: options.number('proxy.port') ?? PROXY_PORT,
    user: options.text('proxy.user'),
    password: typeof password === 'object' && 'reveal' in password ? password : undefined,
  };
}

function tlsSettingsOf(options: Options): TlsSettings {
  const minVersion = tlsVersion(options.text('tls.minVersion'));
  const maxVersion = tlsVersion(options.text('tls.maxVersion'));
  const ciphers = options.text('tls.ciphers');
  return {
    ...(minVersion === undefined ? {} : { minVersion }),
    ...(maxVersion === undefined ? {} : { maxVersion }),
    ...(ciphers === undefined ? {} : { ciphers }),
  };
}

function tlsVersion(name: string | undefined) {
  return (['TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3'] as const).find((version) => version === name);
}

function reportsOf(options: Options): ConnectionPlan['reports'] {
  const notify = options.find('envelope.dsn.notify');
  const ret = options.text('envelope.dsn.ret');
  if (notify === undefined && ret === undefined) return undefined;
  return { ...(Array.isArray(notify) ? { notify } : {}), ...(ret === undefined ? {} : { ret }) };
}

/** Options by name; the property validator lets a name it knows be there once. */
class Options {
  readonly #byName: ReadonlyMap<MailOptionName, MailOption['value']>;

  constructor(options: readonly MailOption[]) {
    this.#byName = new Map(options.map(({ name, value }) => [name, value]));
  }

  find(name: MailOptionName): MailOption['value'] | undefined {
    return this.#byName.get(name);
  }

  text(name: MailOptionName): string | undefined {
    const value = this.#byName.get(name);
    return typeof value === 'string' ? value : undefined;
  }

  number(name: MailOptionName): number | undefined {
    const value = this.#byName.get(name);
    return typeof value === 'number' ? value : undefined;
  }

  flag(name: MailOptionName): boolean | undefined {
    const value = this.#byName.get(name);
    return typeof value === 'boolean' ? value : undefined;
  }
}

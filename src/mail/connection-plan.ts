// Plans the connection to a mail server from its properties and, with priority, its JavaMail properties. It
// opens nothing, and passwords stay wrapped.

import type { MailOption, MailOptionName } from '../config/java-mail/java-mail-property.ts';
import type { Secret } from '../config/secret.ts';
import { asciiHost } from '../trust/host-name.ts';
import type { TlsSettings } from '../trust/secure-contexts.ts';
import type { MailServerSettings } from './mail-server-settings.ts';

/** Encryption of the connection. */
export type Encryption =
  /** Implicit TLS (RFC 8314 §3). */
  | 'tls'
  /** STARTTLS is required; a mail server without it is not used. */
  | 'start-tls'
  /** STARTTLS if offered. Only JavaMail properties set this, and never with a login. */
  | 'start-tls-if-offered'
  | 'none';

export interface Login {
  readonly user: string;
  readonly password: Secret;
  /** SASL mechanism; undefined for the first that the mail server offers. */
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
  /** Name of this server in EHLO. */
  readonly clientName: string | undefined;
  readonly localAddress: string | undefined;
  /** Time limit from the name lookup to the end of STARTTLS, in milliseconds. */
  readonly connectionTimeoutMs: number;
  readonly greetingTimeoutMs: number;
  /** Maximum time without data, in milliseconds. */
  readonly socketTimeoutMs: number;
  /** Time limit of a step while a person waits, in milliseconds. */
  readonly patienceMs: number;
  /** True if the dialog is logged, without secrets and messages. */
  readonly logsDialog: boolean;
  readonly checksHost: boolean;
  readonly tls: TlsSettings;
  /** Envelope sender that replaces the message's own. */
  readonly envelopeFrom: string | undefined;
  /** Requested delivery status notifications (RFC 3461). */
  readonly reports: { readonly notify?: string[]; readonly ret?: string } | undefined;
  readonly maxConnections: number;
}

const CONNECTION_TIMEOUT_MS = 30_000;
const GREETING_TIMEOUT_MS = 30_000;
/**
 * Time limit for a reply, in milliseconds. Stopping earlier after the end of a message can send it twice (RFC
 * 5321 §4.5.3.2.6).
 */
const SOCKET_TIMEOUT_MS = 600_000;
/** Default time limit while a person waits, in milliseconds. Longer only if mail.smtp.timeout is. */
const PATIENCE_MS = 30_000;
const PROXY_PORT = 80;

/** Returns the plan for the settings of a mail server. */
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
 * Returns the encryption. A login is never sent in clear text to a server that should offer STARTTLS: where
 * JavaMail would use STARTTLS if offered, a login makes it required. Login without encryption needs the consent
 * of every property.
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

/** JavaMail properties by name. The property validator refuses duplicates of known names. */
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

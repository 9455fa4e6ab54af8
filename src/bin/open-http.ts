// The HTTP connection handlers, and who logs in to them: an account, with its password, as by a simple bind.

import type { EntryViews } from '../backend/entry-views.ts';
import {
  HttpAnswers,
  type HttpAnswersOptions,
  type HttpLogin,
  type HttpRefusal,
} from '../http/http-answers.ts';
import { HttpServer, type HttpServerOptions } from '../http/http-server.ts';
import { Dn } from '../ldap/dn.ts';
import { Attribute, Entry } from '../ldap/entry.ts';
import { LdapError } from '../ldap/ldap-error.ts';
import { ResultCode } from '../ldap/result-code.ts';
import type { MonitorFigures } from '../monitor/monitor.ts';
import type { AccessLog } from '../operations/access-log.ts';
import { isLoopback } from '../operations/connection-security.ts';
import type { Authentication } from '../operations/login/authentication.ts';
import type { LoginSource } from '../operations/login/login-source.ts';
import { LoginsRefused } from '../operations/login/login-throttle.ts';

export interface HttpParts
  extends Pick<HttpAnswersOptions, 'monitor' | 'health'>,
    Pick<HttpServerOptions, 'log' | 'places'> {
  readonly schema: HttpAnswersOptions['definitions'];
  readonly authentication: Authentication;
  readonly accessLog: Pick<AccessLog, 'httpLogin'>;
  readonly views: EntryViews;
}

const MONITOR = Dn.parse('cn=monitor');
/** Attribute with the DN of the object that an entry is about. */
const CONFIG_DN = 'ds-mon-config-dn';
const MONITOR_PRIVILEGE = 'monitor-read';
const FROM_ELSEWHERE =
  'There is no TLS here, so a login is accepted from this machine only. Log in on this machine, or through a proxy with TLS that runs on it.';
const MUST_CHANGE = 'The password must be changed first, over LDAP.';
const NEEDS_TLS =
  'The password policy of the account accepts its password over TLS only (require-secure-authentication), and there is no TLS here. Log in with another account.';
/** When a login that found too many others waiting may be tried again. */
const BUSY_SECONDS = 15;

/** Opens the HTTP connection handlers with what they have to tell. */
export function openHttp(parts: HttpParts): HttpServer {
  const { monitor, health, schema, places, log } = parts;
  const answers = new HttpAnswers({
    monitor,
    health,
    log,
    definitions: schema,
    login: loginWith(parts),
    clockMs: () => performance.now(),
  });
  return new HttpServer({ answers, places, log });
}

/** Returns what logs accounts in. They see what they would see below cn=monitor. */
function loginWith({ authentication, views, accessLog }: HttpParts): HttpLogin {
  return async (name, password, { address, port }) => {
    const refused = (code: ResultCode, refusal: HttpRefusal): HttpRefusal => {
      accessLog.httpLogin(address, name, code, refusal.refusal);
      return refusal;
    };
    if (!isLoopback(address)) return refused(ResultCode.confidentialityRequired, { refusal: FROM_ELSEWHERE });
    try {
      const who = await authentication.verify(name, password, sourceOf(address));
      const { mustChange } = authentication.lockout.admit(who.account, false, false);
      if (mustChange !== undefined) return refused(ResultCode.unwillingToPerform, { refusal: MUST_CHANGE });
      who.connectedBy({ address, port, protocol: 'http', ssf: 0 });
      accessLog.httpLogin(address, name, ResultCode.success, undefined);
      const isFull = who.privileges.has(MONITOR_PRIVILEGE);
      const sight = views.sightOf(who, isFull);
      return {
        seesAll: isFull,
        sightOf: (names, figures) => {
          const grant = sight.grantOf(entryOf(names, figures));
          return (attribute) => grant?.reads(attribute.toLowerCase()) === true;
        },
      };
    } catch (error) {
      if (!(error instanceof LdapError)) throw error;
      return refused(error.code, refusalOf(error));
    }
  };
}

/**
 * Returns the source that failed logins are counted by. Behind a proxy on this machine are strangers from anywhere, all with its
 * address: they count as one address of the network, and shut out nobody who logs in over LDAP from this machine.
 */
function sourceOf(address: string): LoginSource {
  return { address: `HTTP ${address}`, isLocal: false };
}

function refusalOf(error: LdapError): HttpRefusal {
  const { code, message } = error;
  if (error instanceof LoginsRefused)
    return { refusal: message, status: 429, retryAfter: Math.ceil(error.waitMs / 1000) };
  if (code === ResultCode.busy) return { refusal: message, status: 503, retryAfter: BUSY_SECONDS };
  return { refusal: code === ResultCode.confidentialityRequired ? NEEDS_TLS : message };
}

/** Returns what policies know an entry by: its name, and that of the entry of cn=config that it is about. */
function entryOf(names: readonly string[], figures: MonitorFigures): Entry {
  const dn = names.reduceRight((parent, name) => parent.child([{ type: 'cn', value: name }]), MONITOR);
  const about = figures[CONFIG_DN];
  return new Entry(dn, typeof about === 'string' ? [new Attribute(CONFIG_DN, [about])] : []);
}

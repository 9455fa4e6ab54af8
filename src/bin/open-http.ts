// The HTTP connection handlers, and who logs in to them: an account, with its password, as by a simple bind.

import type { EntryViews } from '../backend/entry-views.ts';
import { HttpAnswers, type HttpAnswersOptions, type HttpLogin } from '../http/http-answers.ts';
import { HttpServer, type HttpServerOptions } from '../http/http-server.ts';
import { Dn } from '../ldap/dn.ts';
import { Attribute, Entry } from '../ldap/entry.ts';
import { LdapError } from '../ldap/ldap-error.ts';
import type { MonitorFigures } from '../monitor/monitor.ts';
import { CLEAR_TEXT, isLoopback } from '../operations/connection-security.ts';
import type { Authentication } from '../operations/login/authentication.ts';
import { loginSourceOf } from '../operations/login/login-source.ts';

export interface HttpParts
  extends Pick<HttpAnswersOptions, 'monitor' | 'health'>,
    Pick<HttpServerOptions, 'log' | 'places'> {
  readonly schema: HttpAnswersOptions['definitions'];
  readonly authentication: Authentication;
  readonly views: EntryViews;
}

const MONITOR = Dn.parse('cn=monitor');
/** Attribute with the DN of the object that an entry is about. */
const CONFIG_DN = 'ds-mon-config-dn';
const MONITOR_PRIVILEGE = 'monitor-read';
const FROM_ELSEWHERE =
  'A login is accepted from this machine only, because there is no TLS here: let a proxy with TLS ask for it.';
const MUST_CHANGE = 'The password must be changed first, over LDAP.';

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
function loginWith({ authentication, views }: HttpParts): HttpLogin {
  return async (name, password, { address, port }) => {
    if (!isLoopback(address)) return { refusal: FROM_ELSEWHERE };
    try {
      const source = loginSourceOf({ remoteAddress: address, security: CLEAR_TEXT });
      const who = await authentication.verify(name, password, source);
      const { mustChange } = authentication.lockout.admit(who.account, false);
      if (mustChange !== undefined) return { refusal: MUST_CHANGE };
      who.connectedBy({ address, port, protocol: 'http', ssf: 0 });
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
      return { refusal: error.message };
    }
  };
}

/** Returns what policies know an entry by: its name, and that of the entry of cn=config that it is about. */
function entryOf(names: readonly string[], figures: MonitorFigures): Entry {
  const dn = names.reduceRight((parent, name) => parent.child([{ type: 'cn', value: name }]), MONITOR);
  const about = figures[CONFIG_DN];
  return new Entry(dn, typeof about === 'string' ? [new Attribute(CONFIG_DN, [about])] : []);
}

// Random requests of an account with policies, with what the model says to each.

import { Dn } from '../../src/ldap/dn.ts';
import { Attribute, Entry } from '../../src/ldap/entry.ts';
import type { Filter } from '../../src/ldap/filter.ts';
import { SearchScope } from '../../src/ldap/message.ts';
import { ResultCode } from '../../src/ldap/result-code.ts';
import type { Answer, OneAnswered } from '../../src/ldap-client/exchange.ts';
import { allows, granting, type ModelAttributes, type ModelPolicy } from './model.ts';
import { mailServerDn } from './policies.ts';

/** Takes what is random: a whole number below the argument. */
export type Dice = (below: number) => number;

export interface Question {
  readonly what: string;
  readonly request: OneAnswered;
  /** Whether it is asked with the no-op control. */
  readonly isTrial: boolean;
  readonly expected: string;
  readonly foundOf: (answer: Answer) => string;
}

interface Asked {
  readonly policies: readonly ModelPolicy[];
  readonly user: string;
  readonly dice: Dice;
}

export const SERVERS = ['A', 'B', 'Ab'];
export const ATTRIBUTES = [
  'objectClass',
  'cn',
  'ds-cfg-smtp-server',
  'ds-cfg-priority',
  'ds-cfg-auth-username',
  'ds-cfg-auth-password',
  'entryUUID',
  'modifiersName',
];
const SCHEMA: ModelAttributes = {
  operational: new Set(['entryuuid', 'modifiersname', 'createtimestamp']),
  secret: new Set(['ds-cfg-auth-password']),
  classes: {
    '@ds-cfg-mail-server': new Set([
      'objectclass',
      'cn',
      'ds-cfg-enabled',
      'ds-cfg-smtp-property',
      'ds-cfg-smtp-server',
      'ds-cfg-priority',
      'ds-cfg-auth-username',
      'ds-cfg-auth-password',
    ]),
    '@person': new Set(['objectclass', 'cn', 'sn']),
  },
};
/** All mail servers have these values; cn is the name. */
const VALUES: Readonly<Record<string, string>> = { 'ds-cfg-priority': '5', 'ds-cfg-auth-username': 'me' };
const SECRET = 'ds-cfg-auth-password';
/** Attributes besides, one for each way that a policy has to allow it. */
const OTHERS = ['ds-cfg-enabled', 'sn', 'o', 'createTimestamp'];
const HOLD_SECRETS = ['ds-cfg-auth-password', 'ds-cfg-smtp-property'];
const CONFIG = 'cn=config';
const SEARCH = { derefAliases: 0, sizeLimit: 0, timeLimit: 0, typesOnly: false } as const;
const ALLOWED = String(ResultCode.noOperation);
const NOT_FOUND = String(ResultCode.noSuchObject);
const EXISTS = String(ResultCode.entryAlreadyExists);
const REFUSED = String(ResultCode.insufficientAccessRights);

/** Returns a question with its answer. */
export function randomQuestion(policies: readonly ModelPolicy[], user: string, dice: Dice): Question {
  const asked = { policies, user, dice };
  const ask = [reads, reads, searches, searches, modifies, adds, deletes, renames][dice(8)] ?? reads;
  return ask(asked);
}

/** A search of one entry. */
function reads(asked: Asked): Question {
  const { dice } = asked;
  const name = pick(SERVERS, dice);
  const tree = dice(3) === 0 ? 'cn=effective' : CONFIG;
  return search(asked, `cn=${name},cn=Mail Servers,${tree}`, SearchScope.baseObject, tree);
}

/** A search from above. */
function searches(asked: Asked): Question {
  const { dice } = asked;
  const tree = dice(3) === 0 ? 'cn=effective' : CONFIG;
  const base = `cn=Mail Servers,${tree}`;
  return search(asked, base, dice(2) === 0 ? SearchScope.singleLevel : SearchScope.wholeSubtree, tree);
}

function search(asked: Asked, base: string, scope: SearchScope, tree: string): Question {
  const { policies, user, dice } = asked;
  const isBase = scope === SearchScope.baseObject;
  const inner = dice(4) === 0 ? PRESENT : randomFilter(dice, 2);
  const isMailServer: Filter = {
    type: 'equalityMatch',
    attribute: 'objectClass',
    value: 'ds-cfg-mail-server',
  };
  const filter: Filter = isBase ? inner : { type: 'and', filters: [isMailServer, inner] };
  const readersOf = (dn: string) => granting(policies, 'read', user, dn);
  const names = SERVERS.map((name) => `cn=${name},cn=Mail Servers,${tree}`);
  const places = isBase ? names.filter((dn) => dn === base) : names;
  const found = places.filter((dn) => {
    const readers = readersOf(dn);
    if (readers.length === 0) return false;
    return findsAll(filter) || isTrue(filter, nameOf(dn), readers) === true;
  });
  const isThere = [base, ...(isBase ? [] : names)].some((dn) => readersOf(dn).length > 0);
  const shown = found.map((dn) => `${dn}: ${shownTo(readersOf(dn))}`).toSorted();
  const expected = !may(asked, 'read') ? REFUSED : isThere ? shown.join('; ') : NOT_FOUND;
  return {
    what: `searches ${base} (scope ${scope}) for ${JSON.stringify(filter)}`,
    request: { type: 'searchRequest', base, scope, filter, attributes: ATTRIBUTES, ...SEARCH },
    isTrial: false,
    expected,
    foundOf: ({ result, entries }) =>
      result.code === 0
        ? entries
            .map((entry) => `${entry.dn}: ${keysOf(entry)}`)
            .toSorted()
            .join('; ')
        : String(result.code),
  };
}

function modifies(asked: Asked): Question {
  const { policies, user, dice } = asked;
  const dn = mailServerDn(pick(SERVERS, dice));
  const values = {
    'ds-cfg-priority': '6',
    'ds-cfg-auth-username': 'you',
    'ds-cfg-smtp-server': 'x.example.com',
  };
  const chosen = Object.entries(values).filter(() => dice(2) === 0);
  const [first = ['ds-cfg-priority', '7'] as const] = chosen;
  const written = chosen.length === 0 ? [first] : chosen;
  const readers = granting(policies, 'read', user, dn);
  const isSent = written.some(([attribute]) => attribute === 'ds-cfg-smtp-server');
  // What may hold a secret and may not be read counts as if it held one.
  const isLeaked = isSent && !HOLD_SECRETS.every((attribute) => allows(readers, attribute, SCHEMA));
  const keys = written.map(([attribute]) => attribute);
  const decided = changed(asked, [dn], keys, dn);
  return {
    what: `modifies ${keys.join(', ')} of ${dn}`,
    request: {
      type: 'modifyRequest',
      dn,
      modifications: written.map(([name, value]) => ({
        operation: 'replace',
        attribute: new Attribute(name, [value]),
      })),
    },
    isTrial: true,
    expected: decided === ALLOWED && isLeaked ? REFUSED : decided,
    foundOf: codeOf,
  };
}

function adds(asked: Asked): Question {
  const { dice } = asked;
  const name = pick([...SERVERS, 'Aa', 'C'], dice);
  const dn = mailServerDn(name);
  const given = {
    objectClass: 'ds-cfg-mail-server',
    cn: name,
    'ds-cfg-enabled': 'true',
    'ds-cfg-smtp-server': 'x',
  };
  const decided = changed(asked, [dn], Object.keys(given), undefined);
  const entry = Entry.of(Dn.parse(dn), given);
  return {
    what: `adds ${dn}`,
    request: { type: 'addRequest', dn, attributes: entry.attributes },
    isTrial: true,
    expected: decided === ALLOWED && SERVERS.includes(name) ? EXISTS : decided,
    foundOf: codeOf,
  };
}

function deletes(asked: Asked): Question {
  const dn = mailServerDn(pick(SERVERS, asked.dice));
  const expected = changed(asked, [dn], [], dn);
  return {
    what: `deletes ${dn}`,
    request: { type: 'deleteRequest', dn },
    isTrial: true,
    expected,
    foundOf: codeOf,
  };
}

function renames(asked: Asked): Question {
  const { dice } = asked;
  const [from, to] = [pick(SERVERS, dice), pick([...SERVERS, 'Aa', 'C'], dice)];
  const dn = mailServerDn(from);
  const newRdn = `cn=${to}`;
  const decided = changed(asked, [dn, mailServerDn(to)], ['cn'], dn);
  return {
    what: `renames ${dn} to ${newRdn}`,
    request: { type: 'modifyDnRequest', dn, newRdn, deleteOldRdn: true, newSuperior: undefined },
    isTrial: true,
    expected: decided === ALLOWED && from !== to ? renamed(asked, dn, mailServerDn(to)) : decided,
    foundOf: codeOf,
  };
}

/** Returns what is answered to a rename that may be written: it must show nobody more than now, and let the account do no more. */
function renamed({ policies, user }: Asked, from: string, to: string): string {
  const follow = (names: readonly string[]) => names.map((name) => (name === from ? to : name));
  const then = policies.map((one) => ({
    ...one,
    targets: follow(one.targets),
    otherTargets: follow(one.otherTargets),
  }));
  const before = granting(policies, 'read', user, from);
  const givesItself = ['read', 'write', 'verify', 'send'].some((permission) => {
    const [had, has] = [granting(policies, permission, user, from), granting(then, permission, user, to)];
    const isNew = (key: string) => allows(has, key, SCHEMA) && !allows(had, key, SCHEMA);
    const isByAttribute = permission === 'read' || permission === 'write';
    const isNewAtAll = has.length > 0 && had.length === 0;
    return isNewAtAll || (isByAttribute && [...ATTRIBUTES, ...OTHERS].some(isNew));
  });
  const forAll = (one: ModelPolicy) => ({ ...one, users: [], otherUsers: [] });
  const showsOthers = then.some((one, at) => {
    const [was] = granting(policies.slice(at, at + 1).map(forAll), 'read', user, from);
    const [is] = granting([forAll(one)], 'read', user, to);
    return was === undefined && is !== undefined && allows([is], SECRET, SCHEMA);
  });
  if (givesItself || (showsOthers && !allows(before, SECRET, SCHEMA))) return REFUSED;
  return SERVERS.map(mailServerDn).includes(to) ? EXISTS : ALLOWED;
}

/**
 * Returns what is answered to a change of these names that writes these attributes.
 * @param read the entry that must exist for the account; undefined for an add
 */
function changed(
  asked: Asked,
  names: readonly string[],
  keys: readonly string[],
  read: string | undefined,
): string {
  const { policies, user } = asked;
  if (!may(asked, 'write')) return REFUSED;
  for (const dn of names) {
    const writers = granting(policies, 'write', user, dn);
    if (writers.length > 0 && keys.every((key) => allows(writers, key, SCHEMA))) continue;
    const isHidden = read !== undefined && granting(policies, 'read', user, read).length === 0;
    return writers.length === 0 && isHidden ? NOT_FOUND : REFUSED;
  }
  return ALLOWED;
}

/** Returns true if some policy gives the account the permission on anything. */
function may({ policies, user }: Asked, permission: string): boolean {
  const anywhere = policies.map((one) => ({ ...one, targets: [], otherTargets: [] }));
  return granting(anywhere, permission, user, CONFIG).length > 0;
}

function shownTo(readers: readonly ModelPolicy[]): string {
  const shown = ATTRIBUTES.filter((one) => allows(readers, one, SCHEMA)).map((one) => one.toLowerCase());
  return shown.toSorted().join();
}

function keysOf({ attributes }: Entry): string {
  return attributes
    .map(({ key }) => key)
    .toSorted()
    .join();
}

const PRESENT: Filter = { type: 'present', attribute: 'objectClass' };

function findsAll(filter: Filter): boolean {
  return filter.type === 'present' && filter.attribute === 'objectClass';
}

function randomFilter(dice: Dice, depth: number): Filter {
  const kind = dice(depth > 0 ? 6 : 3);
  if (kind === 3) return { type: 'not', filter: randomFilter(dice, depth - 1) };
  if (kind > 3) {
    const filters = [randomFilter(dice, depth - 1), randomFilter(dice, depth - 1)];
    return { type: kind === 4 ? 'and' : 'or', filters };
  }
  if (kind === 0) return { type: 'present', attribute: pick(ATTRIBUTES, dice) };
  const [attribute, value] = pick([...Object.entries(VALUES), ['cn', 'a'] as const], dice);
  return { type: 'equalityMatch', attribute, value: dice(2) === 0 ? value : '9' };
}

/** Returns what a filter is of a mail server: true, false or undefined (RFC 4511 section 4.5.1.7). */
function isTrue(filter: Filter, name: string, readers: readonly ModelPolicy[]): boolean | undefined {
  switch (filter.type) {
    case 'not': {
      const inner = isTrue(filter.filter, name, readers);
      return inner === undefined ? undefined : !inner;
    }
    case 'and':
    case 'or': {
      const isAnd = filter.type === 'and';
      const parts = filter.filters.map((part) => isTrue(part, name, readers));
      if (parts.some((part) => part === !isAnd)) return !isAnd;
      return parts.includes(undefined) ? undefined : isAnd;
    }
    case 'present':
      return allows(readers, filter.attribute, SCHEMA) ? true : undefined;
    case 'equalityMatch': {
      const { attribute, value } = filter;
      if (!allows(readers, attribute, SCHEMA)) return undefined;
      if (attribute === 'objectClass') return true;
      return attribute === 'cn' ? value === name : value === VALUES[attribute];
    }
    default:
      throw new Error(`The model knows no filter of the type ${filter.type}.`);
  }
}

function nameOf(dn: string): string {
  return /^cn=(\w+)/.exec(dn)?.[1]?.toLowerCase() ?? '';
}

function codeOf({ result }: Answer): string {
  return String(result.code);
}

function pick<Item>(items: readonly Item[], dice: Dice): Item {
  const item = items[dice(items.length)];
  if (item === undefined) throw new Error('There is nothing to choose from.');
  return item;
}

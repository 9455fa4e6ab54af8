// What follows from the logins of an account and from its password policy, as attributes that no entry has.

import type { DeriveFor, Viewer } from '../backend/visible-derived.ts';
import { Container } from '../config/objects/properties/places.ts';
import { AccountState, type OperationalAttribute } from '../config/operational-attributes.ts';
import { formatTime, parseTime } from '../config/types/generalized-time.ts';
import { isAtOrBelow } from '../ldap/dn-key.ts';
import { Attribute, type Entry } from '../ldap/entry.ts';
import { currentState, type LoginState, lockOf } from '../policy/login-rules.ts';
import type { PasswordPolicy } from '../policy/password-policy.ts';
import type { LoginStates } from '../runtime/login-states.ts';
import type { FindPolicy } from '../runtime/password-policies.ts';
import type { Configuration } from './configuration.ts';
import { writtenEntries } from './effective-names.ts';

const PASSWORD_KEY = 'userpassword';
const POLICY_KEY = 'ds-pwp-password-policy-dn';

export interface AccountAttributesOptions {
  readonly configuration: Pick<Configuration, 'schema' | 'tree'>;
  readonly findPolicy: FindPolicy;
  readonly states: Pick<LoginStates, 'find'>;
  readonly now: () => Date;
}

interface Subject {
  readonly entry: Entry;
  readonly policy: PasswordPolicy;
  readonly state: LoginState;
  readonly now: number;
}

type ValuesOf = (subject: Subject) => readonly string[];

const VALUES: readonly (readonly [OperationalAttribute, ValuesOf])[] = [
  [
    AccountState.lockedTime,
    ({ policy, state, now }) =>
      lockOf(policy.settings, state, now) === undefined ? [] : timesOf([state.lockedAt]),
  ],
  [AccountState.failureTime, ({ state }) => timesOf(state.failedAt)],
  [AccountState.graceUseTime, ({ state }) => timesOf(state.graceUsedAt)],
  [AccountState.policy, ({ policy }) => [policy.dn]],
  [
    AccountState.lastLoginTime,
    ({ policy: { settings }, state }) =>
      settings.lastLoginTimeAttribute === undefined || state.lastLoginAt === undefined
        ? []
        : [formatLogin(state.lastLoginAt, settings.lastLoginTimeFormat)],
  ],
  [AccountState.warnedTime, ({ state }) => timesOf([state.warnedAt])],
  [AccountState.passwordExpirationTime, (subject) => timesOf([expiryOf(subject)])],
];

/** Returns the attributes by their keys. */
export function accountAttributes({
  configuration: { schema, tree },
  findPolicy,
  states,
  now,
}: AccountAttributesOptions): ReadonlyMap<string, DeriveFor> {
  const accounts = schema.dnKeyOfText(Container.rootDns);
  // An entry of cn=effective has its accounts and states by its twin: states are found by entryUUID, accounts by name.
  const written = writtenEntries(schema, tree);
  const subjectOf = (entry: Entry): Subject | undefined => {
    if (entry.find(PASSWORD_KEY) === undefined) return undefined;
    const named = entry.first(POLICY_KEY);
    const stored = written(entry);
    if (named === undefined && !isAtOrBelow(schema.dnKey((stored ?? entry).dn), accounts)) return undefined;
    const policy = findPolicy(named);
    if (policy === undefined) return undefined;
    const known = states.find(stored?.first('entryuuid') ?? '');
    return { entry, policy, state: currentState(known, entry.values(PASSWORD_KEY)), now: now().getTime() };
  };
  return new Map(
    VALUES.map(([{ name }, valuesOf]) => {
      const key = name.toLowerCase();
      const derive = (entry: Entry, viewer?: Viewer) => {
        const subject = subjectOf(entry);
        if (subject === undefined) return undefined;
        if (name === AccountState.policy.name && viewer?.sees(subject.policy.dn) === false) return undefined;
        const values = valuesOf(subject);
        return values.length === 0 ? undefined : new Attribute(name, values, key);
      };
      return [key, derive];
    }),
  );
}

function expiryOf({ entry, policy }: Subject): number | undefined {
  const { maxPasswordAge } = policy.settings;
  const setAt = parseTime(entry.first('pwdchangedtime') ?? entry.first('createtimestamp') ?? '');
  return maxPasswordAge === 0 || setAt === undefined ? undefined : setAt + maxPasswordAge;
}

function timesOf(times: readonly (number | undefined)[]): readonly string[] {
  return times.flatMap((time) => (time === undefined ? [] : formatTime(time)));
}

/** Formats a time by one of the patterns that a policy may have. */
function formatLogin(ms: number, format: PasswordPolicy['settings']['lastLoginTimeFormat']): string {
  const text = new Date(ms).toISOString().replace(/[-:Z]/g, '');
  const [date = '', time = '', millis = ''] = text.split(/[T.]/);
  switch (format) {
    case 'yyyyMMdd':
      return date;
    case "yyyyMMddHHmm'Z'":
      return `${date}${time.slice(0, 4)}Z`;
    case 'yyyyMMddHHmmss':
      return `${date}${time}`;
    case "yyyyMMddHHmmss'Z'":
      return `${date}${time}Z`;
    case "yyyyMMddHHmmss.SSS'Z'":
      return `${date}${time}.${millis}Z`;
  }
}

// Notices of what becomes of accounts, for the handlers that their password policies name: from logins, and from changes of
// passwords and of the state of accounts.

import type { CommitChanges, CommitListener, EntryChange } from '../backend/change-feed.ts';
import { Container } from '../config/objects/properties/places.ts';
import { formatTime } from '../config/types/generalized-time.ts';
import type { NotificationType } from '../config/types/notification-text.ts';
import { isAtOrBelow } from '../ldap/dn-key.ts';
import type { Entry } from '../ldap/entry.ts';
import type { NotificationProperty } from '../mail/notification-template.ts';
import { currentState, lockOf } from '../policy/login-rules.ts';
import type { PasswordPolicy } from '../policy/password-policy.ts';
import type { LoginStates } from '../runtime/login-states.ts';
import type { NotificationHandlers } from '../runtime/notification-handlers.ts';
import type { FindPolicy } from '../runtime/password-policies.ts';
import type { Schema } from '../schema/schema.ts';

export interface AccountNoticesOptions {
  readonly schema: Schema;
  readonly findPolicy: FindPolicy;
  readonly states: Pick<LoginStates, 'find'>;
  readonly handlers: Pick<NotificationHandlers, 'notify'>;
  readonly now: () => Date;
}

const PASSWORD_KEY = 'userpassword';
const POLICY_KEY = 'ds-pwp-password-policy-dn';
const DISABLED_KEY = 'ds-pwp-account-disabled';
/** Locks by failed logins, which anybody can cause. */
const LOCKED: readonly NotificationType[] = ['account-temporarily-locked', 'account-permanently-locked'];
/** Logins that fail or are refused say the same again and again. */
const REPEATED: ReadonlySet<NotificationType> = new Set([
  ...LOCKED,
  'account-expired',
  'account-idle-locked',
  'account-reset-locked',
  'password-expired',
]);
const REPEATED_AFTER_MS = 3_600_000;
/** Accounts and types whose last report is remembered; the oldest make room. */
const TOLD_MAX = 100_000;

const MESSAGES: Readonly<Record<NotificationType, string>> = {
  'account-temporarily-locked':
    'The account is locked for a while: too many logins with wrong passwords have failed.',
  'account-permanently-locked':
    'The account is locked until an administrator unlocks it: too many logins with wrong passwords have failed.',
  'account-unlocked': 'The account is no longer locked.',
  'account-idle-locked': 'The account is locked: nobody has logged in to it for too long.',
  'account-reset-locked': 'The account is locked: its password was not changed in time after it was set.',
  'account-disabled': 'An administrator has disabled the account.',
  'account-enabled': 'An administrator has enabled the account.',
  'account-expired': 'The account has expired.',
  'password-expired': 'The password of the account has expired.',
  'password-expiring': 'The password of the account expires soon.',
  'password-reset': 'An administrator has set the password of the account.',
  'password-changed': 'The owner of the account has changed its password.',
};

export class AccountNotices {
  readonly #options: AccountNoticesOptions;
  /** When what is repeated was reported last, by account and type. */
  readonly #told = new Map<string, number>();

  constructor(options: AccountNoticesOptions) {
    this.#options = options;
  }

  /** Hears of the commits of a tree. */
  readonly listener: CommitListener = {
    committed: ({ changes }: CommitChanges) => {
      for (const change of changes) this.#changed(change);
    },
    failed: () => {},
  };

  /**
   * Reports what has become of an account.
   * @param until When its lock ends, or its password expires; milliseconds since 1970.
   */
  tell(type: NotificationType, entry: Entry, until?: number): void {
    const { handlers, now } = this.#options;
    const policy = this.#policyOf(entry);
    const named = policy?.settings.accountStatusNotificationHandler ?? [];
    if (policy === undefined || named.length === 0) return;
    const at = now().getTime();
    const id = entry.first('entryuuid') ?? '';
    // Whoever unlocks it wants to hear when it is locked again.
    if (type === 'account-unlocked') for (const locked of LOCKED) this.#told.delete(`${id} ${locked}`);
    if (REPEATED.has(type) && !this.#isDue(`${id} ${type}`, at)) return;
    const notice = {
      type,
      dn: entry.dn.toString(),
      message: MESSAGES[type],
      policyDn: policy.dn,
      properties: until === undefined ? {} : propertiesOf(type, until, at),
      values: (attribute: string) => entry.values(attribute),
    };
    handlers.notify(
      notice,
      named.map((dn) => dn.toString()),
    );
  }

  #changed({ before, after }: EntryChange): void {
    if (before === undefined || after === undefined) return;
    const [old, now] = [before.entry, after.entry];
    const [had, has] = [old.values(PASSWORD_KEY), now.values(PASSWORD_KEY)];
    if (had.length === 0 || has.length === 0) return;
    const [wasDisabled, isDisabled] = [old, now].map((entry) => isTrue(entry.first(DISABLED_KEY)));
    if (wasDisabled !== isDisabled) this.tell(isDisabled ? 'account-disabled' : 'account-enabled', now);
    if (has.every((value) => had.includes(value))) return;
    const by = now.first('modifiersname') ?? '';
    // A better hash of the same password has no author.
    if (by === '') return;
    const isOwn = this.#options.schema.dnKeyOfText(by) === after.key;
    this.tell(isOwn ? 'password-changed' : 'password-reset', now);
    if (this.#wasLocked(old)) this.tell('account-unlocked', now);
  }

  #wasLocked(entry: Entry): boolean {
    const { states, now } = this.#options;
    const policy = this.#policyOf(entry);
    const known = states.find(entry.first('entryuuid') ?? '');
    if (policy === undefined || known === undefined) return false;
    const state = currentState(known, entry.values(PASSWORD_KEY));
    return lockOf(policy.settings, state, now().getTime()) !== undefined;
  }

  #policyOf(entry: Entry): PasswordPolicy | undefined {
    const { schema, findPolicy } = this.#options;
    const named = entry.first(POLICY_KEY);
    const accounts = schema.dnKeyOfText(Container.rootDns);
    if (named === undefined && !isAtOrBelow(schema.dnKey(entry.dn), accounts)) return undefined;
    return findPolicy(named);
  }

  #isDue(key: string, at: number): boolean {
    const last = this.#told.get(key);
    if (last !== undefined && at - last < REPEATED_AFTER_MS) return false;
    this.#told.delete(key);
    this.#told.set(key, at);
    for (const oldest of this.#told.keys()) {
      if (this.#told.size <= TOLD_MAX) break;
      this.#told.delete(oldest);
    }
    return true;
  }
}

function isTrue(value: string | undefined): boolean {
  return value?.toLowerCase() === 'true';
}

function propertiesOf(
  type: NotificationType,
  until: number,
  now: number,
): Readonly<Partial<Record<NotificationProperty, string>>> {
  const seconds = Math.max(0, Math.ceil((until - now) / 1000));
  if (type === 'password-expiring')
    return {
      'password-expiration-time': formatTime(until),
      'seconds-until-expiration': String(seconds),
      'time-until-expiration': inWords(seconds),
    };
  return {
    'account-unlock-time': formatTime(until),
    'seconds-until-unlock': String(seconds),
    'time-until-unlock': inWords(seconds),
  };
}

/** Returns a duration in words: `2 days, 3 hours`. */
function inWords(seconds: number): string {
  const parts: readonly (readonly [number, string])[] = [
    [Math.floor(seconds / 86_400), 'day'],
    [Math.floor(seconds / 3600) % 24, 'hour'],
    [Math.floor(seconds / 60) % 60, 'minute'],
    [seconds % 60, 'second'],
  ];
  const words = parts
    .filter(([count]) => count > 0)
    .map(([count, unit]) => `${count} ${unit}${count === 1 ? '' : 's'}`);
  return words.length === 0 ? '0 seconds' : words.slice(0, 2).join(', ');
}

// The rights that somebody has to an entry, for the get effective rights control: decided by what decides requests too, the
// grants for reading and the writer's own refusals for changing, with the privileges and policies that they come from.

import { decidingPolicies } from '../access/decide.ts';
import type { AccessPolicy } from '../access/policy.ts';
import { mailServer } from '../config/objects/mail-server.ts';
import type { Privilege } from '../config/objects/root-dn-user.ts';
import type { Selection } from '../directory/selection.ts';
import type { Change } from '../ldap/change.ts';
import {
  type EffectiveRight,
  RIGHTS_INFO_NAME,
  RIGHTS_NAME,
  rightsAttributes,
  rightsInfoAttributes,
} from '../ldap/effective-right.ts';
import { Attribute, type Entry } from '../ldap/entry.ts';
import type { LdapError } from '../ldap/ldap-error.ts';
import { ResultCode } from '../ldap/result-code.ts';
import { typeKeyOf } from '../schema/attribute-selector.ts';
import type { Schema } from '../schema/schema.ts';
import type { Requester, RightsQuestion } from './backend.ts';
import type { BackendRights } from './backend-rights.ts';
import type { EntryViews } from './entry-views.ts';

export interface EffectiveRightsOptions {
  readonly schema: Schema;
  readonly views: EntryViews;
  readonly rights: BackendRights;
  /** Returns what refuses a change for want of rights; undefined if nothing does. */
  readonly refusalByRights: (change: Change, requester: Requester) => LdapError | undefined;
}

/** Question of a search for rights. */
export interface AskedRights {
  readonly selection: Selection;
  readonly requester: Requester;
  readonly question: RightsQuestion;
}

type Decision = Omit<EffectiveRight, 'right' | 'attribute'>;

const ALL_NAMES: Privilege = 'config-read';
const SECRETS: Privilege = 'secret-read';
const PROXY: Privilege = 'proxied-auth';
/** Tasks are added with these; those about mail servers need no others. */
const OF_TASKS: readonly Privilege[] = ['config-read', 'config-write'];
/** May be needed besides those of the backend. */
const FURTHER: readonly Privilege[] = ['privilege-change', 'password-reset', SECRETS];
const RIGHTS_KEYS: ReadonlySet<string> = new Set([RIGHTS_NAME.toLowerCase(), RIGHTS_INFO_NAME.toLowerCase()]);
const CLASS_KEY = 'objectclass';
const OBJECT_CLASS = 'objectClass';
const UNMENTIONED = 'evaluated allow';
const NO_POLICY = 'no access control policy allows it';

export class EffectiveRights {
  readonly #options: EffectiveRightsOptions;

  constructor(options: EffectiveRightsOptions) {
    this.#options = options;
  }

  /**
   * Returns what is returned of an entry, with the rights of the subject.
   * @param view what the requester gets of the entry without them
   * @param entry as it is shown
   */
  withRights(view: Entry, entry: Entry, { selection, requester, question }: AskedRights): Entry {
    const shown = view.attributes.filter(({ key }) => !RIGHTS_KEYS.has(typeKeyOf(key)));
    const { subject } = question;
    const wantsInfo = selection.keys.has(RIGHTS_INFO_NAME.toLowerCase());
    const wantsRights = !wantsInfo || selection.keys.has(RIGHTS_NAME.toLowerCase());
    const asked = this.#asked(shown, selection, question);
    const rights = this.#rightsOf(subject, entry, asked);
    const about = { dn: entry.dn.toString(), subject: subject.dn === '' ? 'anonymous' : subject.dn };
    const told = wantsInfo ? rights.map((one) => this.#told(one, requester)) : [];
    return view.withAttributes([
      ...shown,
      ...(wantsRights ? rightsAttributes(rights) : []),
      ...rightsInfoAttributes(told, about),
    ]);
  }

  /** Returns the names of the attributes: those that are returned, and those that the request names. */
  #asked(
    shown: readonly Attribute[],
    selection: Selection,
    { attributes }: RightsQuestion,
  ): ReadonlyMap<string, string> {
    const { schema } = this.#options;
    const named = [...shown.map(({ description }) => description), ...selection.keys, ...attributes];
    const types = named.flatMap((name) => schema.describe(name)?.type ?? []);
    return new Map(types.filter(({ key }) => !RIGHTS_KEYS.has(key)).map(({ key, name }) => [key, name]));
  }

  #rightsOf(subject: Requester, entry: Entry, asked: ReadonlyMap<string, string>): readonly EffectiveRight[] {
    const { dn } = entry;
    const write = (name: string) =>
      this.#change(subject, {
        type: 'modify',
        dn,
        modifications: [{ operation: 'replace', attribute: new Attribute(name, []) }],
      });
    const ofAttributes = Array.from(asked, ([key, name]) => {
      const read = this.#read(subject, entry, key);
      const decisions = { search: read, read, compare: read, write: write(name) };
      return Object.entries(decisions).map(([right, decision]) => ({ right, attribute: name, ...decision }));
    }).flat();
    const writes = ofAttributes.filter(({ right }) => right === 'write');
    const modify = this.#change(subject, { type: 'modify', dn, modifications: [] });
    const isWritable = writes.length === 0 || writes.some(({ isAllowed }) => isAllowed);
    const ofEntry: Readonly<Record<string, Decision>> = {
      add: this.#change(subject, { type: 'add', entry: this.#addable(entry) }),
      delete: this.#change(subject, { type: 'delete', dn }),
      read: this.#read(subject, entry, undefined),
      write: isWritable ? modify : (writes[0] ?? modify),
      proxy: byPrivileges(subject, [PROXY]),
      ...(entry.values(CLASS_KEY).includes(mailServer.objectClass.name) && {
        verify: this.#use('verify', subject, entry),
        send: this.#use('send', subject, entry),
      }),
    };
    return [
      ...Object.entries(ofEntry).map(([right, { isAllowed, policies, privileges, reason }]) => ({
        right,
        attribute: undefined,
        isAllowed,
        policies,
        privileges,
        reason,
      })),
      ...ofAttributes,
    ];
  }

  #read(subject: Requester, entry: Entry, key: string | undefined): Decision {
    const { rights, views } = this.#options;
    const grant = rights.sightOf(subject).grantOf(entry);
    const isAllowed = grant !== undefined && (key === undefined || !grant.hides(key));
    if (!isAllowed)
      return refused(key === undefined || grant === undefined ? NO_POLICY : this.#whyNot(subject, key));
    const isSecret = key !== undefined && views.secrets.secretAttributes.has(key);
    const needed = [...(rights.readPrivilege ?? []), ...(isSecret ? [SECRETS] : [])];
    const isByPrivileges = rights.readsAll(subject) && needed.every((one) => subject.privileges.has(one));
    const keys = key === undefined ? [] : [key];
    const decision = rights.accessOf(subject)?.decide('read', views.policies.names.ofEntry(entry), keys);
    return {
      isAllowed,
      privileges: isByPrivileges ? needed : [],
      policies: decision === undefined ? [] : namesOf(decidingPolicies(decision, keys)),
      reason: isByPrivileges ? 'everybody may read it' : 'it belongs to the account',
    };
  }

  #whyNot({ privileges }: Requester, key: string): string {
    const { rights, views } = this.#options;
    const isSecret = views.secrets.secretAttributes.has(key) && !privileges.has(SECRETS);
    const readsOthers = rights.readPrivilege.every((one) => privileges.has(one));
    return isSecret && readsOthers
      ? `that needs the privilege ${SECRETS}, or a policy that names it`
      : NO_POLICY;
  }

  #change(subject: Requester, change: Change): Decision {
    const { rights, refusalByRights, schema } = this.#options;
    if (change.type === 'modify' && change.modifications.some((one) => this.#isOfServer(one.attribute)))
      return refused('the server sets it');
    const refusal = refusalByRights(change, subject);
    if (refusal !== undefined) return refused(reasonOf(refusal));
    const isByPrivileges = rights.writesAll(subject);
    const own = isByPrivileges ? (rights.writePrivileges ?? []) : [];
    const further = FURTHER.filter((one) => {
      const { dn, name, connection, privileges } = subject;
      if (own.includes(one) || !privileges.has(one)) return false;
      const others = new Set([...privileges].filter((other) => other !== one));
      return refusalByRights(change, { dn, name, connection, privileges: others }) !== undefined;
    });
    const dn = change.type === 'add' ? change.entry.dn : change.dn;
    const attributes =
      change.type === 'add'
        ? change.entry.attributes
        : change.type === 'modify'
          ? change.modifications.map(({ attribute }) => attribute)
          : [];
    const keys = attributes.map(({ key }) => typeKeyOf(key));
    const decision = rights.accessOf(subject)?.decideAt('write', schema.dnKey(dn), keys);
    return {
      isAllowed: true,
      privileges: [...own, ...further],
      policies: decision?.isAllowed === true ? namesOf(decidingPolicies(decision, keys)) : [],
      reason: 'it belongs to the account',
    };
  }

  /** Using a mail server, by a task. */
  #use(permission: 'verify' | 'send', subject: Requester, entry: Entry): Decision {
    const { rights, views } = this.#options;
    const decision = rights.accessOf(subject)?.decide(permission, views.policies.names.ofEntry(entry));
    const { isAllowed, privileges } = byPrivileges(subject, OF_TASKS);
    const policies = decision === undefined ? [] : namesOf(decision.policies);
    return { isAllowed: isAllowed || policies.length > 0, privileges, policies, reason: NO_POLICY };
  }

  #isOfServer({ key }: Attribute): boolean {
    return this.#options.schema.describe(key)?.type.noUserModification === true;
  }

  /** Returns the entry with the attributes that a client would give, without their values: those are of no account. */
  #addable(entry: Entry): Entry {
    const { schema } = this.#options;
    const given = entry.attributes.filter(({ key }) => schema.describe(key)?.type.isOperational !== true);
    return entry.withAttributes(
      given.map((one) =>
        one.key === CLASS_KEY ? new Attribute(OBJECT_CLASS, one.values) : new Attribute(one.description, []),
      ),
    );
  }

  /** Returns a right without the names of policies that the requester may not read. */
  #told(right: EffectiveRight, requester: Requester): EffectiveRight {
    if (right.policies.length === 0 || requester.privileges.has(ALL_NAMES)) return right;
    const { views } = this.#options;
    const access = views.accessOf(requester);
    const isKnown = ({ dn }: AccessPolicy) =>
      access?.grantAtKey(views.policies.names.keyOf(dn) ?? '') !== undefined;
    const known = new Set([...views.policies.all.values()].filter(isKnown).map(({ name }) => name));
    return { ...right, policies: right.policies.filter((name) => known.has(name)), reason: UNMENTIONED };
  }
}

function byPrivileges({ privileges }: Requester, needed: readonly Privilege[]): Decision {
  const missing = needed.filter((one) => !privileges.has(one));
  if (missing.length > 0) return refused(`that needs the privilege ${missing.join(' and ')}`);
  return { isAllowed: true, privileges: needed, policies: [], reason: '' };
}

/** Returns why a change is refused, for somebody who sees the entry and has its name. */
function reasonOf({ code, message }: LdapError): string {
  const isByPolicies = code === ResultCode.noSuchObject || message.endsWith(`: ${NO_POLICY}.`);
  return isByPolicies ? NO_POLICY : message;
}

function refused(reason: string): Decision {
  return { isAllowed: false, privileges: [], policies: [], reason };
}

function namesOf(policies: readonly AccessPolicy[]): readonly string[] {
  return policies.map(({ name }) => name);
}

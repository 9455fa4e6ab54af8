// The controls a request may carry: one table of who they are, where they may stand, and what is in them. A control
// that is not in it is not supported; the root DSE lists what is.

import {
  readAssertion,
  readEffectiveRights,
  readReadEntry,
  readValuesFilter,
} from '../../codec/entry-controls.ts';
import { readListView } from '../../codec/list-view-control.ts';
import { readPagedResults } from '../../codec/paged-results-control.ts';
import { readPersistentSearch } from '../../codec/persistent-search-control.ts';
import { readSortKeys } from '../../codec/sort-control.ts';
import { readSyncRequest } from '../../codec/sync-control.ts';
import type { Control } from '../../ldap/control.ts';
import { LdapError } from '../../ldap/ldap-error.ts';
import type { RESULT_TYPE, Request } from '../../ldap/message.ts';
import { Oid } from '../../ldap/oids.ts';

type RequestType = keyof typeof RESULT_TYPE;

interface ControlType<Value> {
  readonly oid: string;
  /** Another that means the same. */
  readonly otherOid?: string;
  /** Its name in sentences: `the sort control`. */
  readonly name: string;
  readonly requests: readonly RequestType[];
  /** Of extended requests: those it may stand on; none unless it is said. */
  readonly extensions?: readonly string[] | 'all';
  /** Its RFC forbids to send it as something that may be left out. */
  readonly mustBeCritical?: boolean;
  /** Throws protocolError. */
  decode(value: string | undefined): Value;
}

interface Given<Value> {
  readonly isCritical: boolean;
  readonly value: Value;
}

const CHANGES: readonly RequestType[] = ['addRequest', 'deleteRequest', 'modifyRequest', 'modifyDnRequest'];
const ENTRY_REQUESTS: readonly RequestType[] = ['searchRequest', 'compareRequest', ...CHANGES];

const CONTROLS = {
  pagedResults: define({
    oid: Oid.pagedResults,
    name: 'paged results',
    requests: ['searchRequest'],
    decode: readPagedResults,
  }),
  sort: define({
    oid: Oid.sortRequest,
    name: 'sort',
    requests: ['searchRequest'],
    decode: readSortKeys,
  }),
  listView: define({
    oid: Oid.listViewRequest,
    name: 'virtual list view',
    requests: ['searchRequest'],
    decode: readListView,
  }),
  matchedValues: define({
    oid: Oid.matchedValues,
    name: 'matched values',
    requests: ['searchRequest'],
    decode: (value) => readValuesFilter(value),
  }),
  persistentSearch: define({
    oid: Oid.persistentSearch,
    name: 'persistent search',
    requests: ['searchRequest'],
    decode: readPersistentSearch,
  }),
  sync: define({
    oid: Oid.syncRequest,
    name: 'sync request',
    requests: ['searchRequest'],
    decode: readSyncRequest,
  }),
  effectiveRights: define({
    oid: Oid.effectiveRights,
    name: 'get effective rights',
    requests: ['searchRequest'],
    decode: readEffectiveRights,
  }),
  assertion: define({
    oid: Oid.assertion,
    name: 'assertion',
    requests: ENTRY_REQUESTS,
    decode: (value) => readAssertion(value),
  }),
  manageDsaIt: define({
    oid: Oid.manageDsaIt,
    name: 'manage DSA IT',
    requests: ENTRY_REQUESTS,
    decode: withoutValue('manage DSA IT'),
  }),
  proxiedAuthorization: define({
    oid: Oid.proxiedAuthorization,
    name: 'proxied authorization',
    requests: [...ENTRY_REQUESTS, 'extendedRequest'],
    extensions: [Oid.whoAmI],
    mustBeCritical: true,
    decode: readAuthorizationIdentity,
  }),
  authorizationIdentity: define({
    oid: Oid.authorizationIdentityRequest,
    name: 'authorization identity request',
    requests: ['bindRequest'],
    decode: withoutValue('authorization identity request'),
  }),
  passwordPolicy: define({
    oid: Oid.passwordPolicy,
    name: 'password policy',
    requests: ['bindRequest', ...ENTRY_REQUESTS, 'extendedRequest'],
    extensions: 'all',
    decode: withoutValue('password policy'),
  }),
  dontUseCopy: define({
    oid: Oid.dontUseCopy,
    name: "don't use copy",
    requests: ['searchRequest', 'compareRequest'],
    mustBeCritical: true,
    decode: withoutValue("don't use copy"),
  }),
  preRead: define({
    oid: Oid.preRead,
    name: 'pre-read',
    requests: ['deleteRequest', 'modifyRequest', 'modifyDnRequest'],
    decode: readReadEntry,
  }),
  postRead: define({
    oid: Oid.postRead,
    name: 'post-read',
    requests: ['addRequest', 'modifyRequest', 'modifyDnRequest'],
    decode: readReadEntry,
  }),
  noOp: define({
    oid: Oid.noOp,
    otherOid: Oid.noOpOfOpenLdap,
    name: 'no-op',
    requests: [...CHANGES, 'extendedRequest'],
    extensions: [Oid.endTransaction],
    decode: withoutValue('no-op'),
  }),
  permissiveModify: define({
    oid: Oid.permissiveModify,
    name: 'permissive modify',
    requests: ['modifyRequest'],
    decode: withoutValue('permissive modify'),
  }),
  transactionId: define({
    oid: Oid.transactionId,
    name: 'transaction ID',
    requests: ['bindRequest', ...ENTRY_REQUESTS, 'extendedRequest'],
    extensions: 'all',
    decode: readTransactionLabel,
  }),
  subtreeDelete: define({
    oid: Oid.subtreeDelete,
    name: 'subtree delete',
    requests: ['deleteRequest'],
    decode: withoutValue('subtree delete'),
  }),
  exportedSecrets: define({
    oid: Oid.exportedSecrets,
    name: 'exported secrets',
    requests: ['searchRequest'],
    mustBeCritical: true,
    decode: readSecretsForm,
  }),
  transaction: define({
    oid: Oid.transaction,
    name: 'transaction specification',
    requests: CHANGES,
    mustBeCritical: true,
    decode: readTransactionId,
  }),
};

export type ControlName = keyof typeof CONTROLS;
type ValueOf<Type> = Type extends ControlType<infer Value> ? Value : never;

/** Controls of a request by their names. */
export type RequestControls = {
  readonly [Name in ControlName]?: Given<ValueOf<(typeof CONTROLS)[Name]>>;
};

export const NO_CONTROLS: RequestControls = Object.freeze({});

const NAMES = Object.keys(CONTROLS) as readonly ControlName[];
const NAME_BY_OID: ReadonlyMap<string, ControlName> = new Map(
  NAMES.flatMap((name) => controlOids(name).map((oid) => [oid, name] as const)),
);

export const SUPPORTED_CONTROLS: readonly string[] = [...NAME_BY_OID.keys()];

/** Returns the OIDs that a control has. */
export function controlOids(name: ControlName): readonly string[] {
  const { oid, otherOid }: ControlType<unknown> = CONTROLS[name];
  return otherOid === undefined ? [oid] : [oid, otherOid];
}

/** Returns the name of a control; undefined for one that is not supported. */
export function nameOfControl(oid: string): string | undefined {
  const name = NAME_BY_OID.get(oid);
  return name === undefined ? undefined : CONTROLS[name].name;
}

/**
 * Throws unavailableCriticalExtension (12) for a critical control that is not supported or not on this request, and
 * protocolError (2) for one that is not what its RFC says.
 */
export function decodeControls(
  controls: readonly Control[],
  request: Extract<Request, { type: RequestType }>,
): RequestControls {
  if (controls.length === 0) return NO_CONTROLS;
  const applicable = controls.filter((control) => applies(control, request));
  const decoded: { [Name in ControlName]?: Given<unknown> } = {};
  for (const control of applicable) {
    const name = NAME_BY_OID.get(control.oid);
    if (name === undefined) continue;
    const type: ControlType<unknown> = CONTROLS[name];
    if (decoded[name] !== undefined) throw protocolError(`The ${type.name} control is there twice.`);
    if (type.mustBeCritical === true && !control.criticality) {
      throw protocolError(`The ${type.name} control must be critical. Send it so (ldap-utils: -e '!…').`);
    }
    decoded[name] = { isCritical: control.criticality, value: type.decode(control.value) };
  }
  // Each value was made by the decoder of its own row.
  return decoded as RequestControls;
}

function applies({ oid, criticality }: Control, request: Extract<Request, { type: RequestType }>): boolean {
  const name = NAME_BY_OID.get(oid);
  const type: ControlType<unknown> | undefined = name === undefined ? undefined : CONTROLS[name];
  if (type !== undefined && standsOn(type, request)) return true;
  if (!criticality) return false;
  const reason =
    type === undefined
      ? `The control ${oid} is not supported and the request says it must be. The root DSE lists the supportedControl values.`
      : `The ${type.name} control (${oid}) means nothing on this request, and the request says it must be obeyed.`;
  throw new LdapError('unavailableCriticalExtension', reason);
}

function standsOn(type: ControlType<unknown>, request: Extract<Request, { type: RequestType }>): boolean {
  if (!type.requests.includes(request.type)) return false;
  if (request.type !== 'extendedRequest' || type.extensions === 'all') return true;
  return type.extensions?.includes(request.oid) === true;
}

function define<Value>(type: ControlType<Value>): ControlType<Value> {
  return type;
}

function withoutValue(name: string): (value: string | undefined) => true {
  return (value) => {
    // Windows sends an empty value where there is none.
    if (value !== undefined && value !== '') throw protocolError(`The ${name} control takes no value.`);
    return true;
  };
}

/** RFC 4370 §3: the value is the identity itself, without BER around it; empty is nobody. */
function readAuthorizationIdentity(value: string | undefined): string {
  if (value === undefined) throw protocolError('The proxied authorization control needs a value.');
  return value;
}

/** RFC 5805 §2.2: the value is the identifier itself. */
function readTransactionId(value: string | undefined): string {
  if (value === undefined) throw protocolError('The transaction specification control needs a value.');
  return value;
}

/** No value asks for encrypted secrets. */
function readSecretsForm(value: string | undefined): 'encrypted' | 'clear' {
  if (value === undefined || value === '') return 'encrypted';
  if (value === 'clear') return 'clear';
  throw protocolError('The exported secrets control has no value, or the value clear.');
}

/** The value is the text itself, without BER around it. */
function readTransactionLabel(value: string | undefined): string {
  if (value === undefined) throw protocolError('The transaction ID control needs a value.');
  return value;
}

function protocolError(message: string): LdapError {
  return new LdapError('protocolError', message);
}

// The steps of a sequence, taken over LDAP and on the disk, and whether the server has taken them.

import { writeEndTransaction } from '../../src/codec/extended-value.ts';
import { octetsFromText } from '../../src/ldap/octets.ts';
import { Oid } from '../../src/ldap/oids.ts';
import {
  addRequest,
  changeKinds,
  control,
  deleteRequest,
  extendedRequest,
  modifyDnRequest,
  modifyRequest,
  scopes,
  searchRequest,
} from '../support/ber-bytes.ts';
import { CATALOG, otherName } from './catalog.ts';
import type { Sandbox } from './sandbox.ts';
import type { ObjectChange, Step } from './steps.ts';

export interface Taken {
  readonly isTaken: boolean;
  /** Why not. */
  readonly text: string;
}

const HOUR_MS = 3_600_000;
const UNWILLING_TO_STORE = 52;
/** Names of objects that values may be. */
const NAMES: ReadonlySet<string> = new Set(CATALOG.map(({ dn }) => dn));
let taskCount = 0;

export async function take(sandbox: Sandbox, step: Step): Promise<Taken> {
  switch (step.do) {
    case 'change':
      return takeChanges(sandbox, step.changes, step.how);
    case 'rename':
      return takeRenames(sandbox, step);
    case 'tokens':
      return reloaded(await sandbox.changeTokens(step.tokens));
    case 'file':
      return reloaded(await sandbox.changeFiles(step.files));
    case 'roll back':
      return rollBack(sandbox, step.changes);
    case 'fail to store':
      return failToStore(sandbox, step);
    case 'restart':
      await sandbox.restart(step.how, step.environment);
      return { isTaken: true, text: '' };
    case 'plan a task':
      return planTask(sandbox, step.hours);
  }
}

function reloaded({
  isDone,
  problems,
}: {
  readonly isDone: boolean;
  readonly problems: readonly string[];
}): Taken {
  return { isTaken: isDone, text: problems.join('; ') };
}

async function takeChanges(
  sandbox: Sandbox,
  changes: readonly ObjectChange[],
  how: 'at once' | 'trial' | 'transaction',
): Promise<Taken> {
  const { client } = sandbox;
  const present = new Map<string, boolean>();
  const requests: Buffer[] = [];
  for (const change of changes) requests.push(...(await requestsFor(sandbox, change, present)));
  if (requests.length === 0) return { isTaken: true, text: '' };
  if (how === 'transaction') return together(sandbox, requests);
  for (const request of requests) {
    const controls = how === 'trial' ? [control(Oid.noOp, true)] : [];
    const { code, text } = await client.request(request, controls);
    if (code !== 0) return { isTaken: false, text: `${code} ${text}` };
  }
  return { isTaken: how !== 'trial', text: '' };
}

async function takeRenames(
  sandbox: Sandbox,
  { how, names }: Extract<Step, { readonly do: 'rename' }>,
): Promise<Taken> {
  const requests: Buffer[] = [];
  for (const dn of names) {
    const now = await presentName(sandbox, dn);
    if (!(await exists(sandbox, now))) continue;
    const next = now === dn ? otherName(dn) : dn;
    requests.push(modifyDnRequest(now, next.slice(0, next.indexOf(',')), true));
  }
  if (how === 'transaction' && requests.length > 0) return together(sandbox, requests);
  let isTaken = true;
  const texts: string[] = [];
  for (const request of requests) {
    const { code, text } = await sandbox.client.request(request);
    if (code !== 0) texts.push(`${code} ${text}`);
    isTaken = code === 0 || isTaken;
  }
  return { isTaken, text: texts.join('; ') };
}

/** The name that an object of the catalogue has now: its own one unless it was renamed. */
async function presentName(sandbox: Sandbox, dn: string): Promise<string> {
  if (!dn.includes(',') || (await exists(sandbox, dn))) return dn;
  return (await exists(sandbox, otherName(dn))) ? otherName(dn) : dn;
}

async function together({ client }: Sandbox, requests: readonly Buffer[]): Promise<Taken> {
  const begun = await client.request(extendedRequest(Oid.startTransaction));
  const id = begun.value ?? '';
  for (const request of requests) {
    const { code, text } = await client.request(request, [control(Oid.transaction, true, id)]);
    if (code !== 0) throw new Error(`A step of a transaction was answered with ${code}: ${text}`);
  }
  const value = octetsFromText(writeEndTransaction({ isCommit: true, id }));
  const { code, text } = await client.request(extendedRequest(Oid.endTransaction, value));
  return { isTaken: code === 0, text: code === 0 ? '' : `${code} ${text}` };
}

/** What is there is modified, and what is not is added; the map says what the requests before these have done. */
async function requestsFor(
  sandbox: Sandbox,
  { dn: own, set }: ObjectChange,
  present: Map<string, boolean>,
): Promise<Buffer[]> {
  const dn = await presentName(sandbox, own);
  const isThere = present.get(dn) ?? (await exists(sandbox, dn));
  present.set(dn, set !== 'deleted');
  if (set === 'deleted') return isThere ? [deleteRequest(dn)] : [];
  const values: (readonly [string, readonly string[]])[] = [];
  for (const [name, all] of Object.entries(set)) {
    const filled = all.map((one) => sandbox.filledIn(one));
    values.push([
      name,
      await Promise.all(filled.map((one) => (NAMES.has(one) ? presentName(sandbox, one) : one))),
    ]);
  }
  if (isThere) {
    return [
      modifyRequest(
        dn,
        values.map(([name, all]) => [changeKinds.replace, name, all] as const),
      ),
    ];
  }
  const object = CATALOG.find((one) => one.dn === own);
  const initial = Object.entries(object?.initial ?? {}).map(
    ([name, all]) => [name, all.map((one) => sandbox.filledIn(one))] as const,
  );
  const attributes = [...new Map([...initial, ...values])].filter(([, all]) => all.length > 0);
  return [addRequest(dn, attributes)];
}

async function exists({ client }: Sandbox, dn: string): Promise<boolean> {
  return (await client.request(searchRequest(dn, { scope: scopes.base, attributes: ['1.1'] }))).code === 0;
}

async function rollBack({ client }: Sandbox, changes: number): Promise<Taken> {
  const asked = searchRequest('', {
    scope: scopes.base,
    attributes: ['lastChangeNumber', 'firstChangeNumber'],
  });
  const [root] = (await client.request(asked)).entries;
  const to = Number(root?.attributes.lastChangeNumber?.[0]) - changes;
  if (!(to > Number(root?.attributes.firstChangeNumber?.[0]))) return { isTaken: false, text: 'too early' };
  const { code, text } = await client.request(extendedRequest(Oid.rollback, JSON.stringify({ to })));
  return { isTaken: code === 0, text: code === 0 ? '' : `${code} ${text}` };
}

/** Must be refused with 52; when the disk is not to be trusted any more, the server is started again. */
async function failToStore(
  sandbox: Sandbox,
  { code, changes }: Extract<Step, { readonly do: 'fail to store' }>,
): Promise<Taken> {
  const refused = await sandbox.withFault(code, () => takeChanges(sandbox, changes, 'transaction'));
  if (refused.isTaken) {
    // Nothing was to be changed, for example because it is not there.
    return refused;
  }
  if (code === 'EIO' && refused.text.startsWith(String(UNWILLING_TO_STORE))) {
    await sandbox.restart('SIGTERM', {});
    return { isTaken: true, text: refused.text };
  }
  return refused;
}

async function planTask({ client }: Sandbox, hours: number): Promise<Taken> {
  taskCount += 1;
  const id = `planned-${process.pid}-${taskCount}`;
  const at = new Date(Date.now() + hours * HOUR_MS).toISOString().replace(/[-:T]|\.\d+/g, '');
  const { code, text } = await client.request(
    addRequest(`ds-task-id=${id},cn=Scheduled Tasks,cn=tasks`, [
      ['objectClass', ['top', 'ds-task', 'ds-task-reload']],
      ['ds-task-id', [id]],
      ['ds-task-scheduled-start-time', [at]],
    ]),
  );
  return { isTaken: code === 0, text: code === 0 ? '' : `${code} ${text}` };
}

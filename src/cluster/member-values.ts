// What etcd has of the servers of a cluster: `about`, which a server says of itself and which stays when it is gone; `here`, which is
// bound to its lease; `away`, which another one has put when it missed it. Texts have a code, because commands log in where they
// point to: whoever writes to etcd without the master key cannot point elsewhere. All of it informs only; somebody who may write
// to etcd can delete it, or put back what a server has said before.

import type { KeyValue } from '../etcd/messages.ts';
import { decodeUtf8 } from '../files/text.ts';
import { type ClusterKeys, isSameCode } from './cluster-keys.ts';

/** Description of a server by itself. Times are milliseconds since 1970. */
export interface About {
  readonly name: string;
  readonly version: string;
  /** URLs of the addresses where it listens, as others reach them. */
  readonly urls: readonly string[];
  /** Number of the last change that it shows. */
  readonly number: number;
  /** Number of the last change that the log had then. */
  readonly head: number;
  /** Time when it was started. */
  readonly since: number;
  /** Time when this was written. */
  readonly at: number;
  /** True if it was stopped as it should be. */
  readonly isStopped: boolean;
  /** Names of objects that are not in force there as they are stored, and of what of them is not. */
  readonly notInForce: readonly string[];
  /** Number of messages in its spool. */
  readonly waiting: number;
  /** Why it follows the log no further, as a sentence; empty while it does. */
  readonly problem: string;
}

export type MemberKind = 'about' | 'here' | 'away';

/** A server with what etcd has of it. */
export interface KnownMember {
  readonly id: string;
  readonly about: About;
  readonly aboutKey: KeyValue;
  readonly isHere: boolean;
  readonly away: { readonly since: number; readonly key: KeyValue } | undefined;
}

const ID = /^[0-9a-f-]{36}$/;
const SENTENCE_LENGTH_MAX = 1000;
const NAME_LENGTH_MAX = 255;
const LIST_LENGTH_MAX = 100;
const CONTROL = /\p{Cc}/u;
/** Number of digits of an identifier that are shown where several servers have one name. */
export const ID_SHOWN = 8;

/** Returns the value of a key: a text with its code. */
export function sealed(keys: ClusterKeys, id: string, kind: MemberKind, fields: object): Uint8Array {
  const text = JSON.stringify(fields);
  return Buffer.from(JSON.stringify({ text, code: keys.serverCode(id, kind, text) }), 'utf8');
}

/** Returns what a server says of itself within the limits that readers have. */
export function bounded(about: About): About {
  const short = (text: string, most: number) => text.replace(new RegExp(CONTROL, 'gu'), ' ').slice(0, most);
  return {
    ...about,
    name: short(about.name, NAME_LENGTH_MAX),
    problem: short(about.problem, SENTENCE_LENGTH_MAX),
    urls: about.urls.slice(0, LIST_LENGTH_MAX).map((url) => short(url, SENTENCE_LENGTH_MAX)),
    notInForce: about.notInForce.slice(0, LIST_LENGTH_MAX).map((line) => short(line, SENTENCE_LENGTH_MAX)),
  };
}

/**
 * Reads what etcd has of servers. What cannot be read, and what has not the code of this cluster, is left out.
 * @param prefix of the keys of all servers
 */
export function readMembers(
  values: ReadonlyMap<string, KeyValue>,
  prefix: string,
  keys: ClusterKeys,
): readonly KnownMember[] {
  const members: KnownMember[] = [];
  for (const [key, aboutKey] of values) {
    const [id = '', kind] = key.slice(prefix.length).split('/');
    if (kind !== 'about' || !ID.test(id)) continue;
    const about = aboutOf(unsealed(keys, id, 'about', aboutKey.value));
    if (about === undefined) continue;
    const awayKey = values.get(`${prefix}${id}/away`);
    const since = awayKey && timeOf(unsealed(keys, id, 'away', awayKey.value)?.since);
    const away = awayKey === undefined || since === undefined ? undefined : { since, key: awayKey };
    members.push({ id, about, aboutKey, isHere: values.has(`${prefix}${id}/here`), away });
  }
  return members;
}

/** Returns the fields of a value if their code is right. */
function unsealed(
  keys: ClusterKeys,
  id: string,
  kind: MemberKind,
  octets: Uint8Array,
): Record<string, unknown> | undefined {
  const { text, code } = fieldsOf(decodeUtf8(octets)) ?? {};
  if (typeof text !== 'string' || typeof code !== 'string') return undefined;
  return isSameCode(code, keys.serverCode(id, kind, text)) ? fieldsOf(text) : undefined;
}

/** Returns the name in a value, whatever its code; undefined if it has none. */
export function nameIn(octets: Uint8Array): string | undefined {
  const { text } = fieldsOf(decodeUtf8(octets)) ?? {};
  return typeof text === 'string' ? aboutOf(fieldsOf(text))?.name : undefined;
}

function fieldsOf(text: string | undefined): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text ?? '');
    return typeof value === 'object' && value !== null
      ? Object.fromEntries(Object.entries(value))
      : undefined;
  } catch {
    return undefined;
  }
}

function aboutOf(fields: Record<string, unknown> | undefined): About | undefined {
  if (fields === undefined) return undefined;
  const name = textOf(fields.name, NAME_LENGTH_MAX);
  const version = textOf(fields.version, NAME_LENGTH_MAX);
  const [urls, notInForce] = [listOf(fields.urls), listOf(fields.notInForce)];
  const [number, head, waiting] = [countOf(fields.number), countOf(fields.head), countOf(fields.waiting)];
  const problem = textOf(fields.problem, SENTENCE_LENGTH_MAX);
  const [since, at] = [timeOf(fields.since), timeOf(fields.at)];
  if (name === undefined || version === undefined || urls === undefined || notInForce === undefined)
    return undefined;
  if (number === undefined || head === undefined || waiting === undefined) return undefined;
  const { isStopped } = fields;
  if (since === undefined || at === undefined || problem === undefined || typeof isStopped !== 'boolean')
    return undefined;
  return { name, version, urls, number, head, since, at, isStopped, notInForce, waiting, problem };
}

function textOf(value: unknown, most: number): string | undefined {
  return typeof value === 'string' && value.length <= most && !CONTROL.test(value) ? value : undefined;
}

function listOf(value: unknown): readonly string[] | undefined {
  if (!Array.isArray(value) || value.length > LIST_LENGTH_MAX) return undefined;
  const texts = value.map((one: unknown) => textOf(one, SENTENCE_LENGTH_MAX));
  return texts.every((one) => one !== undefined) ? texts : undefined;
}

function countOf(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : undefined;
}

/** Returns a time that a Date can hold. */
function timeOf(value: unknown): number | undefined {
  return typeof value === 'number' && !Number.isNaN(new Date(value).getTime()) ? value : undefined;
}

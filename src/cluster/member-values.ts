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

/** Mark of a server that is missed. */
export interface Away {
  readonly since: number;
  /** Name that the one who has put it gave itself; empty in marks of earlier builds. */
  readonly by: string;
  readonly key: KeyValue;
}

/** A server with what etcd has of it. */
export interface KnownMember {
  readonly id: string;
  readonly about: About;
  readonly aboutKey: KeyValue;
  readonly isHere: boolean;
  readonly away: Away | undefined;
}

const ID = /^[0-9a-f-]{36}$/;
const OF_SERVER = /^[0-9a-f-]{36}\/(?:about|here|away)$/;
const SENTENCE_LENGTH_MAX = 1000;
const NAME_LENGTH_MAX = 255;
const LIST_LENGTH_MAX = 100;
/** Octets of a list in a value: with the longest sentences besides, both lists are below what a mirror keeps of one. */
const URLS_OCTETS_MAX = 16 * 1024;
const NOT_IN_FORCE_OCTETS_MAX = 20 * 1024;
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
  const fitting = (texts: readonly string[], octetsMax: number) => {
    let octets = 0;
    return texts
      .slice(0, LIST_LENGTH_MAX)
      .map((text) => short(text, SENTENCE_LENGTH_MAX))
      .filter((text) => {
        octets += octetsInValue(text);
        return octets <= octetsMax;
      });
  };
  return {
    ...about,
    name: short(about.name, NAME_LENGTH_MAX),
    problem: short(about.problem, SENTENCE_LENGTH_MAX),
    urls: fitting(about.urls, URLS_OCTETS_MAX),
    notInForce: fitting(about.notInForce, NOT_IN_FORCE_OCTETS_MAX),
  };
}

/** Returns the octets of a text in a value, which is JSON in JSON. */
function octetsInValue(text: string): number {
  return Buffer.byteLength(JSON.stringify(JSON.stringify(text)), 'utf8');
}

/** Reads what etcd has of servers. A value is read once, however often it is asked for. */
export class MemberReader {
  readonly #prefix: string;
  readonly #keys: ClusterKeys;
  readonly #fields = new WeakMap<KeyValue, { readonly known: Record<string, unknown> | undefined }>();

  /** @param prefix of the keys of all servers */
  constructor(prefix: string, keys: ClusterKeys) {
    this.#prefix = prefix;
    this.#keys = keys;
  }

  /** Returns true for a key that says something of a server. */
  isWanted(key: string): boolean {
    return key.startsWith(this.#prefix) && OF_SERVER.test(key.slice(this.#prefix.length));
  }

  /** Returns the servers. What cannot be read, and what has not the code of this cluster, is left out. */
  read(values: ReadonlyMap<string, KeyValue>): readonly KnownMember[] {
    const members: KnownMember[] = [];
    for (const [key, aboutKey] of values) {
      const [id = '', kind] = key.slice(this.#prefix.length).split('/');
      if (kind !== 'about' || !ID.test(id)) continue;
      const about = aboutOf(this.#fieldsOf(id, 'about', aboutKey));
      if (about === undefined) continue;
      const awayKey = values.get(`${this.#prefix}${id}/away`);
      const away = awayKey && awayOf(this.#fieldsOf(id, 'away', awayKey), awayKey);
      members.push({ id, about, aboutKey, isHere: values.has(`${this.#prefix}${id}/here`), away });
    }
    return members;
  }

  #fieldsOf(id: string, kind: MemberKind, key: KeyValue): Record<string, unknown> | undefined {
    const read = this.#fields.get(key) ?? { known: unsealed(this.#keys, id, kind, key.value) };
    this.#fields.set(key, read);
    return read.known;
  }
}

function awayOf(fields: Record<string, unknown> | undefined, key: KeyValue): Away | undefined {
  const since = timeOf(fields?.since);
  return since === undefined ? undefined : { since, by: textOf(fields?.by, NAME_LENGTH_MAX) ?? '', key };
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

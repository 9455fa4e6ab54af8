// The data keys of an instance, and the file that holds them: JSON, each key wrapped by a master key with AES-256-GCM. A
// key may be wrapped twice, while one master key takes the place of another. The last key encrypts; the others only
// decrypt, until no file needs them.

import {
  createCipheriv,
  createDecipheriv,
  createHash,
  createSecretKey,
  type KeyObject,
  randomBytes,
} from 'node:crypto';
import { StoreError } from '../store-error.ts';

const KEY_OCTETS = 32;
const NONCE_OCTETS = 12;
const TAG_OCTETS = 16;
const ID_OCTETS = 4;
const MASTER_ID_LENGTH = 16;
const FORMAT = 1;
const KEY_ID = /^[0-9a-f]{8}$/;
const MASTER_ID = /^[0-9a-f]{16}$/;
const WRAPPED = /^[A-Za-z0-9+/]{80}$/;

export interface MasterKey {
  /** Name that says which key it is and nothing of what it is. */
  readonly id: string;
  readonly key: KeyObject;
}

export interface DataKey {
  readonly id: string;
  readonly key: KeyObject;
}

/** Makes a master key of its 32 octets. */
export function masterKeyOf(octets: Buffer): MasterKey {
  const id = createHash('sha256').update('confdit master key\0').update(octets).digest('hex');
  return { id: id.slice(0, MASTER_ID_LENGTH), key: createSecretKey(octets) };
}

export class DataKeys {
  readonly current: DataKey;
  /** True if no file needs another key than the current one, and no file has clear secrets. */
  readonly isSettled: boolean;
  readonly all: readonly DataKey[];

  constructor(all: readonly [DataKey, ...DataKey[]], isSettled: boolean) {
    this.all = all;
    this.current = all.at(-1) ?? all[0];
    this.isSettled = isSettled;
  }

  /** Returns the keys of a new instance: one, and all files are still to be encrypted. */
  static generate(): DataKeys {
    return new DataKeys([newKey()], false);
  }

  find(id: string): KeyObject | undefined {
    return this.all.find((one) => one.id === id)?.key;
  }

  /** Returns the keys with a new one, which encrypts from now on. */
  withNewKey(): DataKeys {
    const [first, ...others] = this.all;
    return new DataKeys([first ?? this.current, ...others, newKey()], false);
  }

  /** Returns the current key alone: no file needs another one. */
  settled(): DataKeys {
    return new DataKeys([this.current], true);
  }
}

function newKey(): DataKey {
  return { id: randomBytes(ID_OCTETS).toString('hex'), key: createSecretKey(randomBytes(KEY_OCTETS)) };
}

/** Returns the content of the file. The last master key is the one that is to stay. */
export function formatDataKeys(keys: DataKeys, masters: readonly MasterKey[]): Buffer {
  const value = {
    format: FORMAT,
    settled: keys.isSettled,
    keys: keys.all.map(({ id, key }) => ({
      id,
      wrapped: Object.fromEntries(masters.map((master) => [master.id, wrapKey({ id, key }, master)])),
    })),
  };
  return Buffer.from(`${JSON.stringify(value, undefined, 2)}\n`);
}

interface WrappedKey {
  readonly id: string;
  /** By the id of the master key. */
  readonly wrapped: ReadonlyMap<string, string>;
}

/** Content of the file, before a master key opens it. */
export interface WrappedKeys {
  readonly isSettled: boolean;
  readonly keys: readonly WrappedKey[];
  /** Ids of the master keys that open it; the last one is the one that is to stay. */
  readonly masters: readonly string[];
}

/** Parses the content of the file. Throws StoreError. */
export function parseDataKeys(text: string, path: string): WrappedKeys {
  const value = parseJson(text);
  const { format, settled, keys } = isObject(value) ? value : {};
  const decoded = Array.isArray(keys) ? keys.map(decodeKey) : [];
  const whole = decoded.filter((one) => one !== undefined);
  const [first] = whole;
  if (
    format !== FORMAT ||
    typeof settled !== 'boolean' ||
    first === undefined ||
    whole.length !== decoded.length
  )
    throw new StoreError(
      `The file ${path} is not as the server wrote it: the data keys of the instance cannot be read. Restore it from a backup.`,
    );
  return { isSettled: settled, keys: whole, masters: [...first.wrapped.keys()] };
}

/** Opens the keys with a master key. Returns undefined if it is another master key; throws StoreError for damage. */
export function unwrapDataKeys(
  { keys, isSettled }: WrappedKeys,
  master: MasterKey,
  path: string,
): DataKeys | undefined {
  const opened: DataKey[] = [];
  for (const { id, wrapped } of keys) {
    const text = wrapped.get(master.id);
    if (text === undefined) return undefined;
    opened.push(unwrapKey({ id, wrapped: text }, master, path));
  }
  const [first, ...others] = opened;
  return first === undefined ? undefined : new DataKeys([first, ...others], isSettled);
}

/** Returns a data key as text: encrypted by a master key, which authenticates its id too. */
export function wrapKey({ id, key }: DataKey, master: MasterKey): string {
  const nonce = randomBytes(NONCE_OCTETS);
  const cipher = createCipheriv('aes-256-gcm', master.key, nonce, { authTagLength: TAG_OCTETS });
  cipher.setAAD(Buffer.from(`confdit data key\0${id}`));
  const octets = Buffer.concat([nonce, cipher.update(key.export()), cipher.final(), cipher.getAuthTag()]);
  return octets.toString('base64');
}

/** Opens a wrapped data key. Throws StoreError if it is damaged, naming the file. */
export function unwrapKey(
  { id, wrapped }: { readonly id: string; readonly wrapped: string },
  master: MasterKey,
  path: string,
): DataKey {
  const octets = Buffer.from(wrapped, 'base64');
  const nonce = octets.subarray(0, NONCE_OCTETS);
  const decipher = createDecipheriv('aes-256-gcm', master.key, nonce, { authTagLength: TAG_OCTETS });
  decipher.setAAD(Buffer.from(`confdit data key\0${id}`));
  decipher.setAuthTag(octets.subarray(-TAG_OCTETS));
  try {
    const start = decipher.update(octets.subarray(NONCE_OCTETS, -TAG_OCTETS));
    return { id, key: createSecretKey(Buffer.concat([start, decipher.final()])) };
  } catch (error) {
    throw new StoreError(`The data key ${id} in ${path} is damaged. Restore the file from a backup.`, {
      cause: error,
    });
  }
}

function decodeKey(value: unknown): WrappedKey | undefined {
  const { id, wrapped } = isObject(value) ? value : {};
  if (typeof id !== 'string' || !KEY_ID.test(id) || !isObject(wrapped)) return undefined;
  const byMaster = new Map<string, string>();
  for (const [master, text] of Object.entries(wrapped)) {
    if (!MASTER_ID.test(master) || typeof text !== 'string' || !WRAPPED.test(text)) return undefined;
    byMaster.set(master, text);
  }
  return byMaster.size === 0 ? undefined : { id, wrapped: byMaster };
}

function parseJson(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    return value;
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

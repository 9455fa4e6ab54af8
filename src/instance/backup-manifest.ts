// The list of files in a backup: which there are, what they hold, and how far the changes go.

import { decodeUtf8 } from '../files/text.ts';
import { countOf } from '../ldap/issue.ts';
import { StoreError } from '../store/store-error.ts';

export const MANIFEST_NAME = 'confdit-backup.json';

export interface Manifest {
  readonly version: string;
  /** When the backup was made (RFC 3339). */
  readonly at: string;
  /** The last change that is in it. */
  readonly number: number;
  /** Number of secrets in clear text in its files. Versions before 0.2 do not count them. */
  readonly clearSecrets: number;
  /** SHA-256 of each file, as hexadecimal digits. */
  readonly files: ReadonlyMap<string, string>;
}

const DIGEST = /^[0-9a-f]{64}$/;
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;
const VERSION = /^[\w.+-]{1,64}$/;

/** Formats the manifest of a backup as JSON. */
export function formatManifest(manifest: Manifest): Buffer {
  const value = { ...manifest, files: Object.fromEntries(manifest.files) };
  return Buffer.from(`${JSON.stringify(value, undefined, 2)}\n`);
}

/** Throws StoreError. */
export function decodeManifest(octets: Buffer): Manifest {
  const value = parsed(octets);
  const { version, at, number, clearSecrets = 0, files } = isObject(value) ? value : {};
  const problem =
    wrong('version', typeof version === 'string' && VERSION.test(version)) ??
    wrong('at', typeof at === 'string' && TIME.test(at) && !Number.isNaN(Date.parse(at))) ??
    wrong('number', isCount(number)) ??
    wrong('clearSecrets', isCount(clearSecrets)) ??
    wrong('files', isObject(files));
  if (problem === undefined && typeof version === 'string' && typeof at === 'string')
    return {
      version,
      at,
      number: Number(number),
      clearSecrets: Number(clearSecrets),
      files: decodeFiles(files),
    };
  throw new StoreError(`The list of files in the backup is not as this program writes it: ${problem}.`);
}

/** Returns a sentence about secrets in clear text in a backup; undefined if there are none. */
export function clearSecretsNote({ clearSecrets }: Manifest): string | undefined {
  if (clearSecrets === 0) return undefined;
  const secrets = countOf(clearSecrets, 'secret', 'secrets');
  return `The backup has ${secrets} in clear text: keep it as you keep the passwords themselves. A start of the server encrypts them, for the next backup.`;
}

function isCount(value: unknown): boolean {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

function decodeFiles(files: unknown): ReadonlyMap<string, string> {
  const digests = new Map<string, string>();
  for (const [name, digest] of Object.entries(isObject(files) ? files : {})) {
    if (typeof digest !== 'string' || !DIGEST.test(digest))
      throw new StoreError(`The list of files in the backup has no checksum for ${JSON.stringify(name)}.`);
    digests.set(name, digest);
  }
  return digests;
}

function parsed(octets: Buffer): unknown {
  const text = decodeUtf8(octets);
  try {
    const value: unknown = JSON.parse(text ?? '');
    return value;
  } catch (error) {
    throw new StoreError('The list of files in the backup is not JSON.', { cause: error });
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function wrong(name: string, isRight: boolean): string | undefined {
  return isRight ? undefined : `"${name}" is missing or wrong`;
}

// gRPC's status of an answer as an EtcdError. The texts are those of etcd's api/v3rpc/rpctypes/error.go, 3.4 to 3.7; a code alone
// does not say enough: 14 is both "no leader", which refuses a request, and "request timed out", whose outcome is not known.

import { EtcdError, type EtcdProblem } from './etcd-error.ts';

interface Meaning {
  readonly codes: readonly number[];
  /** The meaning applies to messages that contain this text. */
  readonly text?: string;
  readonly problem: EtcdProblem;
  /** To be read after a colon, instead of etcd's own words. */
  readonly words?: string;
  /** False if the request may have been done all the same. */
  readonly hadNoEffect: boolean;
  readonly isTokenStale?: boolean;
}

const TOO_LARGE =
  'it takes no request of this size; start all members with at least --max-request-bytes=1572864, their default';
const TOO_MANY =
  'it takes no transaction with so many operations; start all members with at least --max-txn-ops=128, their default';

/** The first that fits counts. */
const MEANINGS: readonly Meaning[] = [
  {
    codes: [14],
    text: 'no leader',
    problem: 'unavailable',
    words: 'it has no leader; most members of the cluster must be reachable',
    hadNoEffect: true,
  },
  { codes: [8], text: 'too many requests', problem: 'unavailable', hadNoEffect: true },
  {
    codes: [8],
    text: 'space exceeded',
    problem: 'full',
    words:
      'its database has reached its quota; compact and defragment it, or raise the quota, then run "etcdctl alarm disarm"',
    // etcd first does the write that crosses the quota, and then answers this (quotaApplierV3 in server/etcdserver/apply_*.go).
    hadNoEffect: false,
  },
  { codes: [8], text: 'larger than max', problem: 'too-large', words: TOO_LARGE, hadNoEffect: true },
  { codes: [3], text: 'request is too large', problem: 'too-large', words: TOO_LARGE, hadNoEffect: true },
  { codes: [3], text: 'too many operations', problem: 'too-large', words: TOO_MANY, hadNoEffect: true },
  {
    codes: [11],
    text: 'compacted',
    problem: 'compacted',
    words: 'the revision is compacted',
    hadNoEffect: true,
  },
  {
    codes: [3],
    text: 'authentication failed',
    problem: 'unauthenticated',
    words: 'the user or the password is wrong',
    hadNoEffect: true,
  },
  {
    codes: [3, 16],
    text: 'user name is empty',
    problem: 'unauthenticated',
    words: 'it asks for a user and a password',
    hadNoEffect: true,
    isTokenStale: true,
  },
  {
    codes: [3],
    text: 'auth store is old',
    problem: 'unauthenticated',
    hadNoEffect: true,
    isTokenStale: true,
  },
  { codes: [16], problem: 'unauthenticated', hadNoEffect: true, isTokenStale: true },
  {
    codes: [7],
    problem: 'permission',
    words: 'the user has no permission for these keys',
    hadNoEffect: true,
    isTokenStale: true,
  },
  { codes: [5], problem: 'absent', hadNoEffect: true },
  { codes: [3], text: 'key not found', problem: 'absent', hadNoEffect: true },
  {
    codes: [12],
    problem: 'invalid',
    words: 'it does not know this call; etcd 3.4 or newer is needed',
    hadNoEffect: true,
  },
  { codes: [3, 6, 8, 9, 11], problem: 'invalid', hadNoEffect: true },
  {
    codes: [15],
    problem: 'corrupt',
    words: 'its data are corrupt; replace the member or restore a backup of the cluster',
    hadNoEffect: false,
  },
];

const TEXT_SHOWN_MAX = 200;

/**
 * Returns the error of an answer with this status; undefined for success.
 * @param message the header `grpc-message`, in percent-encoding
 * @param url that of the member
 */
export function errorOfStatus(code: number, message: string, url: string): EtcdError | undefined {
  return code === 0 ? undefined : errorOf(code, textOf(message), url);
}

/** Returns the error for a watch that a member cancels, with the reason that it gives. */
export function errorOfCancel(reason: string, url: string): EtcdError {
  const text = shown(reason);
  if (text.includes('permission denied')) return errorOf(7, text, url);
  if (text.includes('auth token')) return errorOf(16, text, url);
  if (text.includes('no leader')) return errorOf(14, text, url);
  return new EtcdError(
    'unavailable',
    `The etcd member ${url} ends a watch: ${text || 'it gives no reason'}.`,
  );
}

function errorOf(code: number, text: string, url: string): EtcdError {
  const found = MEANINGS.find((one) => one.codes.includes(code) && text.includes(one.text ?? ''));
  const words = found?.words ?? (text || `it answers with status ${code}`);
  const { problem = 'unavailable', hadNoEffect = false, isTokenStale = false } = found ?? {};
  const what = problem === 'unavailable' ? 'cannot serve a request' : 'refuses a request';
  return new EtcdError(problem, `The etcd member ${url} ${what}: ${words}.`, { hadNoEffect, isTokenStale });
}

/** Decodes the percent-encoding of gRPC; text that is none is kept. */
function textOf(header: string): string {
  try {
    return shown(decodeURIComponent(header));
  } catch {
    return shown(header);
  }
}

/** Somebody else wrote the text: it is cut, and has no control characters. */
function shown(text: string): string {
  return text
    .replaceAll(/\p{Cc}/gu, ' ')
    .slice(0, TEXT_SHOWN_MAX)
    .replace(/[.\s]+$/, '');
}

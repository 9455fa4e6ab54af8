// Errors of tries to append to a log in etcd: which of them leave it open whether something is stored.

import { EtcdError } from '../etcd/etcd-error.ts';
import { LogError } from './cluster-log.ts';
import { outcomeUnknown } from './etcd-service.ts';

/** Returns the error of a change after a try that failed like this, and may be done. */
export function unknown(error: LogError): LogError {
  return new LogError('unknown', outcomeUnknown('the change was stored', reasonOf(error)), { cause: error });
}

/** Returns the sentence of the client of etcd, which does not say what follows from it. */
function reasonOf({ cause, message }: LogError): string {
  return cause instanceof EtcdError ? cause.message : message;
}

/** Returns the error if it is one of the log, and throws any other. */
export function logErrorOf(error: unknown): LogError {
  if (error instanceof LogError) return error;
  throw error;
}

/** Returns true for an error after which the same may succeed. */
export function mayPass({ problem }: LogError): boolean {
  return problem === 'unavailable' || problem === 'unknown';
}

/** Returns undefined for an error that may pass, and throws any other. */
export function passing(error: unknown): undefined {
  if (error instanceof LogError && error.problem === 'unavailable') return undefined;
  throw error;
}

/** Parts alone count nothing: a batch whose parts may be missing is certainly not stored. */
export function notStored(error: unknown): never {
  if (!(error instanceof LogError) || error.problem !== 'unknown') throw error;
  throw new LogError('unavailable', reasonOf(error), { cause: error });
}

/** Another server has compacted already. */
export function ignoreCompacted(error: unknown): void {
  if (!(error instanceof EtcdError) || error.problem !== 'compacted') throw error;
}

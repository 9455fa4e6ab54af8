// The log: JSON lines for programs, readable lines on a terminal. Written in the background, so that no request
// waits for it.

import type { EventEmitter } from 'node:events';
import { type DestinationStream, pino } from 'pino';
import pretty from 'pino-pretty';
import type { Log } from '../server/access-log.ts';
import { StartError } from './start-error.ts';

export interface OpenLog extends Log {
  /** Writes what waits to be written, now. */
  flush(): void;
}

const LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'];
const DEFAULT_LEVEL = 'info';
const BUFFER_OCTETS = 32 * 1024;
const WRITE_OCTETS_MAX = 256 * 1024;
/** What nobody takes from us waits up to here; then lines are lost rather than requests kept waiting. */
const WAITING_OCTETS_MAX = 16 * 1024 * 1024;
const FLUSH_MS = 100;

/** The level is the least that is logged (CONFDIT_LOG_LEVEL); operations are logged as `info`. */
export function openLog(stdout: NodeJS.WriteStream, level: string = DEFAULT_LEVEL): OpenLog {
  if (!LEVELS.includes(level)) {
    throw new StartError(
      `CONFDIT_LOG_LEVEL ${JSON.stringify(level)} is no level. Use one of ${LEVELS.join(', ')}.`,
    );
  }
  if (stdout.isTTY) return logTo(readableLines(), level, () => {});
  const destination = pino.destination({
    fd: 1,
    sync: false,
    minLength: BUFFER_OCTETS,
    maxWrite: WRITE_OCTETS_MAX,
    maxLength: WAITING_OCTETS_MAX,
    periodicFlush: FLUSH_MS,
    contentMode: 'buffer',
  });
  const log = logTo(linesTo(destination), level, () => {
    try {
      destination.flushSync();
    } catch {
      // The listener below has heard of it.
    }
  });
  outlastFailures(destination, log);
  return log;
}

/** A full disk under the log is no reason to stop: what cannot be written waits, and is tried again with the next lines. */
function outlastFailures(destination: EventEmitter, log: Log): void {
  let reason: string | undefined;
  destination.on('error', (error: NodeJS.ErrnoException) => {
    reason = error.code ?? error.message;
  });
  destination.on('write', () => {
    if (reason === undefined) return;
    const fields = { reason };
    reason = undefined;
    log.warn(fields, 'the log could not be written for a while; lines of that time may be missing');
  });
}

/** Text that is turned into octets line by line costs a sixth of what joining it first does. */
function linesTo(destination: { write(octets: string | Uint8Array): boolean }): DestinationStream {
  return { write: (text) => void destination.write(Buffer.from(text)) };
}

function readableLines(): DestinationStream {
  return pretty({
    colorize: !('NO_COLOR' in process.env),
    ignore: 'pid,hostname',
    translateTime: 'HH:MM:ss.l',
    sync: true,
  });
}

function logTo(destination: DestinationStream, level: string, flush: () => void): OpenLog {
  const logger = pino({ level, base: null }, destination);
  return {
    info: (fields, message) => logger.info(fields, message),
    warn: (fields, message) => logger.warn(fields, message),
    error: (fields, message) => logger.error(fields, message),
    line: logger.isLevelEnabled('info') ? (text) => destination.write(text) : undefined,
    flush,
  };
}

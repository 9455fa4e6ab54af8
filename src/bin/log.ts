// The log: JSON lines for programs, readable lines on a terminal. Written in the background, so that no request
// waits for it.

import { type Logger, pino } from 'pino';
import pretty from 'pino-pretty';

export interface OpenLog {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
  /** Writes what waits to be written, now. */
  flush(): void;
}

const BUFFER_OCTETS = 8 * 1024;
const FLUSH_MS = 100;

export function openLog(stdout: NodeJS.WriteStream): OpenLog {
  if (stdout.isTTY) {
    const stream = pretty({
      colorize: !('NO_COLOR' in process.env),
      ignore: 'pid,hostname',
      translateTime: 'HH:MM:ss.l',
      sync: true,
    });
    return withFlush(pino({ level: 'info' }, stream), () => {});
  }
  const destination = pino.destination({
    fd: 1,
    sync: false,
    minLength: BUFFER_OCTETS,
    periodicFlush: FLUSH_MS,
  });
  return withFlush(pino({ level: 'info' }, destination), () => destination.flushSync());
}

function withFlush(logger: Logger, flush: () => void): OpenLog {
  return {
    info: (fields, message) => logger.info(fields, message),
    warn: (fields, message) => logger.warn(fields, message),
    error: (fields, message) => logger.error(fields, message),
    flush,
  };
}

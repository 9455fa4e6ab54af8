// The log: JSON lines for programs, readable lines on a terminal. Written in the background, so that no request
// waits for it.

import type { EventEmitter } from 'node:events';
import { type DestinationStream, pino } from 'pino';
import pretty from 'pino-pretty';
import type { Log } from '../files/log.ts';
import { StartError } from '../instance/start-error.ts';
import { visibleText } from '../ldap/visible-text.ts';
import type { OperationsLog } from '../operations/access-log.ts';

export interface OpenLog extends OperationsLog {
  /** Writes what waits to be written, now. */
  flush(): void;
}

const BUFFER_OCTETS = 64 * 1024;
const WRITE_OCTETS_MAX = 256 * 1024;
/** Maximum size of the lines that wait for a slow reader of the log. Beyond it lines are lost, so that no request waits. */
const WAITING_OCTETS_MAX = 16 * 1024 * 1024;
const FLUSH_MS = 100;

/** @param accessLog whether each operation has its line: `on`, or `off` where they are too many (CONFDIT_ACCESS_LOG). */
export function openLog(stdout: NodeJS.WriteStream, accessLog: string = 'on'): OpenLog {
  if (accessLog !== 'on' && accessLog !== 'off') {
    throw new StartError(`CONFDIT_ACCESS_LOG ${JSON.stringify(accessLog)} is neither on nor off.`);
  }
  const hasAccessLines = accessLog === 'on';
  if (stdout.isTTY) return logTo(readableLines(), hasAccessLines, () => {});
  const destination = pino.destination({
    fd: 1,
    sync: false,
    maxWrite: WRITE_OCTETS_MAX,
    maxLength: WAITING_OCTETS_MAX,
    periodicFlush: FLUSH_MS,
    contentMode: 'buffer',
  });
  const lines = new LineBlocks(destination);
  const log = logTo(lines, hasAccessLines, () => {
    lines.handOn();
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

/**
 * Lines as octets, handed on by the block. Every operation pays for its line: written into a block it costs a tenth of
 * what joining the texts does. Whatever waits in the block is handed on with `flush` or by the clock.
 */
class LineBlocks implements DestinationStream {
  readonly #destination: { write(octets: string | Uint8Array): boolean };
  #block = Buffer.allocUnsafe(BUFFER_OCTETS);
  #length = 0;

  constructor(destination: { write(octets: string | Uint8Array): boolean }) {
    this.#destination = destination;
    setInterval(() => this.handOn(), FLUSH_MS).unref();
  }

  write(text: string): void {
    // UTF-8 takes three octets at most for each unit of a string.
    if (this.#length + 3 * text.length > this.#block.length) this.handOn();
    if (3 * text.length > this.#block.length) this.#destination.write(Buffer.from(text));
    else this.#length += this.#block.write(text, this.#length);
  }

  handOn(): void {
    if (this.#length === 0) return;
    this.#destination.write(this.#block.subarray(0, this.#length));
    this.#block = Buffer.allocUnsafe(BUFFER_OCTETS);
    this.#length = 0;
  }
}

/** Makes lines for a terminal. Control characters are shown, because the library turns the escapes of JSON back into them. */
function readableLines(): DestinationStream {
  const lines = pretty({
    colorize: !('NO_COLOR' in process.env),
    ignore: 'pid,hostname',
    translateTime: 'HH:MM:ss.l',
    sync: true,
  });
  return { write: (line: string) => lines.write(visibleJson(line)) };
}

function visibleJson(line: string): string {
  const fields: unknown = JSON.parse(line, (_name, value: unknown) =>
    typeof value === 'string' ? visibleText(value) : value,
  );
  return `${JSON.stringify(fields)}
`;
}

function logTo(destination: DestinationStream, hasAccessLines: boolean, flush: () => void): OpenLog {
  const logger = pino({ base: null }, destination);
  return {
    info: (fields, message) => logger.info(fields, message),
    warn: (fields, message) => logger.warn(fields, message),
    error: (fields, message) => logger.error(fields, message),
    line: hasAccessLines ? (text) => destination.write(text) : undefined,
    flush,
  };
}

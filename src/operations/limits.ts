// What one connection may ask of the server. Every limit has a name and a default; the connection handler's
// properties set those that an administrator may want to change.

export interface ConnectionLimits {
  /** A message larger than this ends the connection. */
  readonly messageOctetsMax: number;
  /** Maximum size of a message before a login. */
  readonly messageOctetsBeforeBindMax: number;
  /** Answers waiting for a slow reader: above this nothing more is answered until they are read. */
  readonly pendingWriteOctetsMax: number;
  /** Maximum size of waiting answers before a login. */
  readonly pendingWriteOctetsBeforeBindMax: number;
  /** A reader that takes nothing for so long is dropped. */
  readonly blockedWriteTimeMs: number;
  /** A connection on which nothing happens for so long is closed; 0 is never. */
  readonly idleTimeMs: number;
  /** A connection on which nobody has logged in after so long is closed; 0 is never. */
  readonly timeBeforeBindMs: number;
  /** The rest of a message that has begun may take so long. */
  readonly blockedReadTimeMs: number;
  /** How long a closing connection may take to say goodbye. */
  readonly closeTimeMs: number;
  /** Requests under way on one connection: beyond, nothing is read until one is answered. */
  readonly requestsMax: number;
  /** Entries a search returns at most, whatever it asks for. */
  readonly entriesMax: number;
  /** How long a search may take, whatever it asks for. */
  readonly searchMs: number;
  /** True if passwords may come over a network in clear text. */
  readonly isClearTextPasswordAllowed: boolean;
}

export const DEFAULT_LIMITS: ConnectionLimits = {
  messageOctetsMax: 5 * 1024 * 1024,
  messageOctetsBeforeBindMax: 64 * 1024,
  pendingWriteOctetsMax: 1024 * 1024,
  pendingWriteOctetsBeforeBindMax: 64 * 1024,
  blockedWriteTimeMs: 120_000,
  idleTimeMs: 0,
  timeBeforeBindMs: 60_000,
  blockedReadTimeMs: 120_000,
  closeTimeMs: 2_000,
  requestsMax: 256,
  entriesMax: 1_000_000,
  searchMs: 60_000,
  isClearTextPasswordAllowed: false,
};

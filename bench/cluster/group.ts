/**
 * Servers that share their content: what the benchmark asks of confdit on etcd and of slapd with syncrepl alike.
 *
 * All processes of a group run on both cores, as each would have a machine of its own.
 */
import type { RunningServer } from '../servers/server.ts';

/** A member that was away, or is new. */
export interface CaughtUp {
  readonly server: RunningServer;
  /** Milliseconds from its start until it serves all that the others have. */
  readonly ms: number;
}

export interface ServerGroup {
  readonly name: string;
  /** The servers that are up; the first one is written to. */
  readonly servers: readonly RunningServer[];
  /** All processes that a write costs something, those of etcd included. */
  readonly pids: readonly number[];
  /** Ends a server, at once if `isKilled`; `restart` brings it back with its data. */
  end(index: number, isKilled: boolean): Promise<void>;
  restart(index: number): Promise<CaughtUp>;
  /** Starts one more server, with nothing. */
  join(): Promise<CaughtUp>;
  stop(): Promise<void>;
}

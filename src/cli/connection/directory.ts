// The tree a command reads and changes: that of a running server, or that of an instance whose server is down. A
// command does not know which.

import type { Change, Modification } from '../../ldap/change.ts';
import type { Entry } from '../../ldap/entry.ts';
import type { Filter } from '../../ldap/filter.ts';
import type { Rdn } from '../../ldap/rdn.ts';
import type { Invocation, World } from '../command.ts';

export interface SearchRequest {
  readonly base: string;
  readonly scope: 'base' | 'one' | 'sub';
  /** As RFC 4515 has it; everything when absent. */
  readonly filter?: string;
  readonly attributes?: readonly string[];
}

/** One of the changes that are made together. */
export interface DirectoryStep {
  readonly change: Change;
  /** Must be true of the entry, or nothing is changed (RFC 4528). */
  readonly assertion: Filter | undefined;
}

/** Everything rejects with CommandError: the server's words, and the exit code that belongs to them. */
export interface Directory {
  search(request: SearchRequest): Promise<Entry[]>;
  /** Resolves to what the answer says besides success, such as an admin action that is due; mostly ''. */
  add(entry: Entry): Promise<string>;
  /** All modifications as one change. */
  modify(dn: string, modifications: readonly Modification[]): Promise<string>;
  delete(dn: string): Promise<string>;
  /** Gives an entry another name in its place; the old one is not kept as a value. */
  rename(dn: string, newRdn: Rdn): Promise<string>;
  /** All of them or none. */
  changeAll(steps: readonly DirectoryStep[]): Promise<string>;
  /** Tries the steps and changes nothing: resolves to what would still have to be done, a line each, if they are possible. */
  tryAll(steps: readonly DirectoryStep[]): Promise<readonly string[]>;
  close(): Promise<void>;
}

/** How a command comes by its tree: what was typed says where it is and who asks. */
export type OpenDirectory = (invocation: Invocation, world: World) => Promise<Directory>;

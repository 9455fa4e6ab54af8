// What the clients of a cluster asked and what they were answered, in the order in which it happened. One process asks everything,
// so that a counter says what was before what, whatever the clocks of the servers say.

/** What is changed: each mail server has one host, and no two changes set the same one. */
export interface Change {
  readonly type: 'add' | 'modify' | 'delete';
  readonly name: string;
  /** Host that is set; empty for `delete`. */
  readonly host: string;
  /** Host that a modify takes away, if it asks for that. */
  readonly expected?: string | undefined;
}

/** `refused`: the server says that nothing has changed. `unknown`: no answer, or one that does not know. */
export type Outcome = 'ok' | 'refused' | 'unknown';

export interface Attempt extends Change {
  readonly server: number;
  readonly invoked: number;
  /** Infinity if there was no answer. */
  readonly answered: number;
  readonly outcome: Outcome;
  readonly code: number;
  readonly text: string;
}

/** One mail server as a server showed it, between two looks at its last change number. */
export interface Read {
  readonly server: number;
  readonly invoked: number;
  readonly answered: number;
  /** Number before the mail server was read, and after it. */
  readonly first: number;
  readonly last: number;
  readonly name: string;
  /** Undefined: it was not there. */
  readonly host: string | undefined;
}

export type WatchItem =
  | {
      readonly kind: 'entry';
      readonly state: 'add' | 'modify' | 'delete' | 'present';
      readonly name: string;
      readonly host: string;
      /** Number in the cookie that came with it. */
      readonly number: number | undefined;
    }
  /** End of the refresh stage. `isWhole`: what was not mentioned is gone. */
  | { readonly kind: 'refreshed'; readonly isWhole: boolean; readonly number: number | undefined }
  /** The server has ended the search. */
  | { readonly kind: 'ended'; readonly code: number; readonly text: string };

/** What a watcher saw at one server. */
export interface Watching {
  readonly watcher: number;
  readonly server: number;
  /** Number in the cookie that it began with. */
  readonly from: number | undefined;
  readonly items: readonly WatchItem[];
}

/** A change as the log of a server has it. */
export interface LoggedChange extends Change {
  readonly number: number;
}

/** What is there: hosts by names of mail servers. */
export type State = ReadonlyMap<string, string>;

export interface History {
  /** What was there before the first attempt, and the number of the last change then. */
  readonly beginning: { readonly number: number; readonly state: State };
  readonly attempts: readonly Attempt[];
  readonly reads: readonly Read[];
  readonly watchings: readonly Watching[];
  /** In the end, at each server: all changes since the beginning, and what is there. */
  readonly logs: readonly (readonly LoggedChange[])[];
  readonly ends: readonly State[];
}

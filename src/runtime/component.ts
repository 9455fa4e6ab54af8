// The steps of everything that runs because of the configuration. What can fail fails in `prepare` and `review`; then
// either `commit` makes it real, which cannot fail, or `abort` leaves no trace.

import type { ConfigurationObject } from '../config/configuration-object.ts';
import type { Digest, RunningPart } from './description.ts';

/** One configuration object as it was and as it will be; undefined: it was not, or will not be, there. */
export interface ObjectDifference {
  /** The key of the entry's name. */
  readonly key: string;
  /** The key of the name it had before, where it has another one now. */
  readonly from?: string | undefined;
  /** Whether all that is different are names: its own, or those of objects that it refers to. */
  readonly differsInNamesOnly?: boolean;
  /** The kinds of both, to be asked before the objects themselves, which are decoded when they are looked at. */
  readonly kinds: ObjectKinds;
  readonly before: ConfigurationObject | undefined;
  readonly after: ConfigurationObject | undefined;
  /** As it is written: what the next start begins with, where something of `after` waits for an admin action. */
  readonly written: ConfigurationObject | undefined;
  /** Whether the entry has, or had, a value of its own for an attribute (its key): cheaper to ask than the object. */
  mentions(key: string): boolean;
}

/** Undefined where there is no object. Both have names: a list with one kind too few would compile. */
export interface ObjectKinds {
  readonly before: string | undefined;
  readonly after: string | undefined;
}

export interface Prepared {
  commit(): void;
  /** Of what was committed: resolves when that is there which could not be at once. Never rejects. */
  settled?(): Promise<unknown> | undefined;
  abort(): void;
}

/** What else has come about besides the changes that are reviewed. */
export interface Circumstances {
  /** The files of all providers were read again. */
  readonly isEverythingRead: boolean;
}

/** Keys of names as they will be, by the keys of names as they were. */
export type NewKeys = ReadonlyMap<string, string>;

export interface Component {
  /** The kind of objects this component runs. */
  readonly kind: string;
  /** Whether it can prepare an object whatever becomes of the others that change with it. */
  readonly judgesAlone?: boolean;
  /**
   * Called before all else with the objects of the kind that are renamed: what runs because of them goes on under their
   * new keys. Each is announced and prepared then like any object that changes. Cannot fail.
   */
  renamed(keys: NewKeys): Prepared | undefined;
  /**
   * Called for all objects of the kind that change together, before the first of them is prepared: what will come and what
   * will go. Cannot fail.
   */
  announce?(difference: ObjectDifference): Prepared | undefined;
  /** Only called for objects of the kind. Undefined when nothing is to be done. Throws LdapError when it cannot be. */
  prepare(difference: ObjectDifference): Prepared | undefined | Promise<Prepared | undefined>;
  /**
   * Called with all that changes together, whatever its kind, when it is prepared. Throws LdapError when something that runs
   * could not go on with it, or when the next start would be refused. Undefined when nothing is to be asked.
   */
  review?(differences: readonly ObjectDifference[], circumstances: Circumstances): Promise<void> | undefined;
  /** Says what runs now because of objects of the kind, as the objects say that act. */
  describe(digest: Digest): Iterable<RunningPart> | Promise<Iterable<RunningPart>>;
  /**
   * Whether something runs because of an enabled object; takes the key of its name. Cheap. Components without it have
   * no objects that are enabled or not.
   */
  runs?(key: string): boolean | Promise<boolean>;
}

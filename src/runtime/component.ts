// Components: everything that runs because of the configuration, and the steps of a change. `prepare` and
// `review` may fail. Then either `commit`, which cannot fail, makes the change effective, or `abort` undoes the
// preparation.

import type { ConfigurationObject } from '../config/configuration-object.ts';
import type { Digest, RunningPart } from './description.ts';

/** One configuration object before and after a change; undefined if it does not exist then. */
export interface ObjectDifference {
  /** Key of the entry's DN. */
  readonly key: string;
  /** Key of its old DN, if it is renamed. */
  readonly from?: string | undefined;
  /** True if only names differ: its own, or those of objects that it refers to. */
  readonly differsInNamesOnly?: boolean;
  /** Kinds of both. Objects are decoded only when they are read; the kinds are cheap. */
  readonly kinds: ObjectKinds;
  readonly before: ConfigurationObject | undefined;
  readonly after: ConfigurationObject | undefined;
  /**
   * Object with the stored values, which the next start uses, if some values of `after` wait for an admin
   * action.
   */
  readonly written: ConfigurationObject | undefined;
  /**
   * Returns true if the entry has or had its own value of an attribute, by its key. This is cheaper than
   * decoding the object.
   */
  mentions(key: string): boolean;
}

/** Kinds of an object before and after; undefined without object. Both must be given. */
export interface ObjectKinds {
  readonly before: string | undefined;
  readonly after: string | undefined;
}

export interface Prepared {
  /** True if later changes are prepared only when this one is in force: they mean something else then. */
  readonly isAlone?: boolean;
  commit(): void;
  /** Resolves when the slow part of a committed change is done. Never rejects. */
  settled?(): Promise<unknown> | undefined;
  abort(): void;
}

/** Events that accompany the reviewed changes. */
export interface Circumstances {
  /** True if the files of all providers were read again. */
  readonly isEverythingRead: boolean;
}

/** New keys of DNs by old keys. */
export type NewKeys = ReadonlyMap<string, string>;

export interface Component {
  /** Kind of the objects that the component runs. */
  readonly kind: string;
  /** True if it prepares an object without regard to the others that change with it. */
  readonly judgesAlone?: boolean;
  /**
   * Renames objects; called before all other steps. What runs for them goes on under the new keys. The renamed
   * objects are then announced and prepared like others. Cannot fail.
   */
  renamed(keys: NewKeys): Prepared | undefined;
  /** Announces all objects of the kind that change together, before the first one is prepared. Cannot fail. */
  announce?(difference: ObjectDifference): Prepared | undefined;
  /**
   * Prepares one object of the kind. Returns undefined if there is nothing to do. Throws LdapError if the
   * object cannot run.
   */
  prepare(difference: ObjectDifference): Prepared | undefined | Promise<Prepared | undefined>;
  /**
   * Reviews all prepared changes of any kind together. Throws LdapError if a running part could not go on, or
   * if the next start would fail. Returns undefined if there is nothing to check.
   */
  review?(differences: readonly ObjectDifference[], circumstances: Circumstances): Promise<void> | undefined;
  /** Returns what runs for the objects of the kind, as the running parts report it. */
  describe(digest: Digest): Iterable<RunningPart> | Promise<Iterable<RunningPart>>;
  /**
   * Returns true if something runs for an enabled object, by the key of its DN. Must be cheap. Components
   * without it have no objects that can be disabled.
   */
  runs?(key: string): boolean | Promise<boolean>;
}

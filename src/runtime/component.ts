// The three steps of everything that runs because of the configuration. What can fail fails in `prepare`; then
// either `commit` makes it real, which cannot fail, or `abort` leaves no trace.

import type { ConfigurationObject } from '../config/configuration-object.ts';
import type { Digest, RunningPart } from './description.ts';

/** One configuration object as it was and as it will be; undefined: it was not, or will not be, there. */
export interface ObjectDifference {
  /** The key of the entry's name. */
  readonly key: string;
  /** The kinds of both, to be asked before the objects themselves, which are decoded when they are looked at. */
  readonly kinds: ObjectKinds;
  readonly before: ConfigurationObject | undefined;
  readonly after: ConfigurationObject | undefined;
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
  abort(): void;
}

export interface Component {
  /** The kind of objects this component runs. */
  readonly kind: string;
  /** Only called for objects of the kind. Undefined when nothing is to be done. Throws LdapError when it cannot be. */
  prepare(difference: ObjectDifference): Prepared | undefined | Promise<Prepared | undefined>;
  /** Says what runs now because of objects of the kind, as the objects say that act. */
  describe(digest: Digest): Iterable<RunningPart> | Promise<Iterable<RunningPart>>;
  /**
   * Whether something runs because of an enabled object; takes the key of its name. Cheap. Components without it have
   * no objects that are enabled or not.
   */
  runs?(key: string): boolean;
}

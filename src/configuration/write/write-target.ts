// What the write path changes: a tree, and what its entries mean. The configuration is one; a tree of ordinary
// entries is another, with less meaning.

import type { Requester } from '../../backend/backend.ts';
import type { NewNames } from '../../config/renamed-references.ts';
import type { Effect } from '../../directory/apply-change.ts';
import type { Stamp } from '../../directory/stamp.ts';
import type { Tree } from '../../directory/tree.ts';
import type { Change } from '../../ldap/change.ts';
import type { Issue } from '../../ldap/issue.ts';
import type { ObjectDifference } from '../../runtime/component.ts';

export interface WriteTarget {
  readonly tree: Tree;
  /** Id of the history that its commit numbers belong to; undefined if they mean nothing after a restart. */
  readonly historyId?: string | undefined;
  /** Identity of the check before entries are stored, see StoreContents.checked. */
  readonly checkedBy?: string | undefined;
  /** Reads what the changes name and checking them needs; undefined when there is nothing. Never rejects. */
  readAhead?(changes: readonly Change[]): Promise<void> | undefined;
  /** Returns the effects of a change, entry by entry, operational attributes included. Throws the LdapError that refuses it. */
  apply(change: Change, made: Stamp): readonly Effect[];
  stage(effect: Effect): void;
  /**
   * Notes what of an effect would be in force at once, and what must wait; whether it is right is asked afterwards.
   * @param names what all effects together rename.
   */
  settle?(effect: Effect, at: Date, names: NewNames): void;
  /**
   * Keeps in force what was before an effect of another server, which cannot be in force here: it is stored all the same. Of
   * accounts, trust and policies nothing stays in force then. Called once more, it changes nothing.
   */
  hold?(effect: Effect, at: Date, names: NewNames): void;
  /** Returns true if `hold` keeps something in force of an object that changes like this. */
  keepsWhatWas?(difference: ObjectDifference): boolean;
  /**
   * Throws insufficientAccessRights (50) when the requester may not do what the effect does, which is staged.
   * @param changes all that are made together: the effect is what those come to in the end that are about its place.
   */
  permit(effect: Effect, requester: Requester, changes: readonly Change[]): void;
  /** Returns the issues of the tree with the staged effect. */
  check(effect: Effect): readonly Issue[];
  /** Returns the question to the runtime; undefined if the runtime does not run what lives here. */
  differenceOf(effect: Effect, names: NewNames): ObjectDifference | undefined;
  /** Returns a line for each thing the administrator must still do once the effect is stored. */
  notesOf(effect: Effect): readonly string[];
}

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
  /** What the numbers of its commits go with as long as it lives; undefined: they mean nothing after a restart. */
  readonly historyId?: string | undefined;
  /** What checks its entries before they are stored, see StoreContents.checked. */
  readonly checkedBy?: string | undefined;
  /** Reads what the changes name and checking them needs; undefined when there is nothing. Never rejects. */
  readAhead?(changes: readonly Change[]): Promise<void> | undefined;
  /** What the change would do, place by place, operational attributes included. Throws the LdapError that refuses it. */
  apply(change: Change, made: Stamp): readonly Effect[];
  stage(effect: Effect): void;
  /**
   * Notes what of an effect would be in force at once, and what must wait; whether it is right is asked afterwards.
   * @param names what all effects together rename.
   */
  settle?(effect: Effect, at: Date, names: NewNames): void;
  /**
   * Throws insufficientAccessRights (50) when the requester may not do what the effect does, which is staged.
   * @param changes all that are made together: the effect is what those come to in the end that are about its place.
   */
  permit(effect: Effect, requester: Requester, changes: readonly Change[]): void;
  /** What is wrong with the tree now that the effect is staged. */
  check(effect: Effect): readonly Issue[];
  /** What the runtime is asked about; undefined when it does not run what lives here. */
  differenceOf(effect: Effect, names: NewNames): ObjectDifference | undefined;
  /** What the administrator must still do once the effect is stored: one line each. */
  notesOf(effect: Effect): readonly string[];
}

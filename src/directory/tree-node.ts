// The nodes that a tree is made of.

import type { Entry } from '../ldap/entry.ts';

/** A node of the tree. Readers use `entry` and `children`; the writer uses `staged`. */
export interface Node {
  readonly key: string;
  readonly parent: Node | undefined;
  /** Entry that readers see; undefined while an added entry is not committed. */
  entry: Entry | undefined;
  /** Entry that the writer sees; undefined once a removal is staged. */
  staged: Entry | undefined;
  /** Number of children that readers see. */
  childCount: number;
  /** Number of children that the writer sees. */
  stagedChildren: number;
  /** Number of pending stagings of this node. It stays in the tree while there are any. */
  stagings: number;
  children: Map<string, Node> | undefined;
}

// Renames for components that keep committed values only: the new keys apply at commit.

import type { NewKeys, Prepared } from './component.ts';

/** Rename step for kinds with a single object, which keeps its name. */
export const neverRenamed = (): undefined => undefined;

/**
 * Returns a step without preparation.
 *
 * @param rename Called at commit.
 */
export function onCommit(rename: () => void): Prepared {
  return { commit: rename, abort: () => {} };
}

/** Combines several steps in one. */
export function together(parts: readonly Prepared[]): Prepared {
  return {
    commit: () => {
      for (const part of parts) part.commit();
    },
    abort: () => {
      for (const part of parts) part.abort();
    },
  };
}

/** Gives values of a map new keys, all at once: two values may swap keys. */
export function renameKeys<Value>(map: Map<string, Value>, keys: NewKeys): void {
  const moved: [string, Value][] = [];
  for (const [from, to] of keys) {
    const value = map.get(from);
    if (value !== undefined) moved.push([to, value]);
    map.delete(from);
  }
  for (const [to, value] of moved) map.set(to, value);
}

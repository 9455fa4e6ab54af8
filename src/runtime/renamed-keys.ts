// Renames where only what is in force is kept: what has the old keys gets the new ones when the change is committed.

import type { NewKeys, Prepared } from './component.ts';

/** For kinds of which there is one object, which keeps its name. */
export const neverRenamed = (): undefined => undefined;

/** @param rename called when the change is in force. */
export function onCommit(rename: () => void): Prepared {
  return { commit: rename, abort: () => {} };
}

/** Several that are one. */
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

/** Gives values of a map other keys, all of them at once: two may exchange theirs. */
export function renameKeys<Value>(map: Map<string, Value>, keys: NewKeys): void {
  const moved: [string, Value][] = [];
  for (const [from, to] of keys) {
    const value = map.get(from);
    if (value !== undefined) moved.push([to, value]);
    map.delete(from);
  }
  for (const [to, value] of moved) map.set(to, value);
}

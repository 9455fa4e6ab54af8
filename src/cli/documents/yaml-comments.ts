// The comments of YAML, which belong to nodes: read for another form, and written at names and at the object.

import { type Document, isMap, isNode, isScalar, type Pair, visit, type YAMLMap } from 'yaml';
import type { RecordComments } from './document.ts';
import { KINDS } from './object-entry.ts';

const ATTRIBUTES = 'attributes';

/** Returns the comments of an object. Those above its first name are taken for the object's. */
export function commentsOfObject(object: YAMLMap): RecordComments {
  const head = linesOf(object.commentBefore);
  const byKey = new Map<string, string[]>();
  for (const [key, pair, above = []] of placesOf(object)) {
    const comments = [...above, ...commentsWithin(pair)];
    if (comments.length > 0) byKey.set(key, [...(byKey.get(key) ?? []), ...comments]);
  }
  const named = ['kind', 'name', 'dn'].flatMap((word) => byKey.get(word) ?? []);
  for (const word of ['kind', 'name', 'dn']) byKey.delete(word);
  return { head: [...head, ...named], byKey, tail: linesOf(object.comment) };
}

/** Returns comments that stand before or behind all objects of a document. */
export function commentsOfDocument({ commentBefore, comment }: Document): readonly [string[], string[]] {
  return [linesOf(commentBefore), linesOf(comment)];
}

/** Puts comments into an object that is to be written; those of names that it does not have come before it. */
export function putComments(object: YAMLMap, { head, byKey, tail }: RecordComments): void {
  const left = new Map(byKey);
  for (const [key, { key: name }] of placesOf(object)) {
    const comments = left.get(key);
    if (comments === undefined || !isScalar(name)) continue;
    left.delete(key);
    name.commentBefore = textOf(comments);
  }
  const before = [...head, ...[...left.values()].flat()];
  if (before.length > 0) object.commentBefore = textOf(before);
  if (tail.length > 0) object.comment = textOf(tail);
}

/**
 * The names and values of an object by the keys of their attributes; words of its own by themselves. The first of the
 * attributes has also the comments above all of them.
 */
function* placesOf(object: YAMLMap): Generator<readonly [key: string, Pair, above?: readonly string[]]> {
  const kind = KINDS.get(String(object.get('kind')));
  for (const pair of object.items) {
    const name = String(isScalar(pair.key) ? pair.key.value : '').toLowerCase();
    if (name === ATTRIBUTES && isMap(pair.value)) {
      const above = [
        ...linesOf(isScalar(pair.key) ? pair.key.commentBefore : undefined),
        ...linesOf(pair.value.commentBefore),
      ];
      for (const [at, one] of pair.value.items.entries())
        yield [attributeOf(one), one, at === 0 ? above : []];
    } else yield [kind?.propertiesByName.get(name)?.key ?? name, pair];
  }
}

function attributeOf({ key }: Pair): string {
  const [name = ''] = String(isScalar(key) ? key.value : '')
    .toLowerCase()
    .split(';', 1);
  return name;
}

function commentsWithin({ key, value }: Pair): string[] {
  const found: string[] = [];
  for (const part of [key, value]) {
    if (!isNode(part)) continue;
    visit(part, (_, node) => {
      if (isNode(node)) found.push(...linesOf(node.commentBefore), ...linesOf(node.comment));
    });
  }
  return found;
}

function linesOf(comment: string | null | undefined): string[] {
  return typeof comment === 'string' ? comment.split('\n').map((line) => line.replace(/^ /, '')) : [];
}

function textOf(lines: readonly string[]): string {
  return lines.map((line) => ` ${line}`.trimEnd()).join('\n');
}

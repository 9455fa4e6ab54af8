// A file of YAML in the form in which it is exported: names in their order, values as they are written there. Comments and
// blank lines stay where they are.

import { isMap, isScalar, isSeq, type Pair, Scalar, type YAMLMap } from 'yaml';
import { scalarOf, YAML_TEXT } from './format-objects.ts';
import { KINDS, writtenValue } from './object-entry.ts';
import { textOfScalar } from './object-reader.ts';
import { parseYaml } from './yaml-document.ts';

const FIRST: readonly string[] = ['kind', 'name', 'dn'];
const LAST = 'attributes';

/** Takes a text without problems. */
export function formatYaml(text: string): string {
  const { documents } = parseYaml(text);
  const texts = documents.map((document) => {
    const { contents } = document;
    for (const node of isSeq(contents) ? contents.items : [contents]) if (isMap(node)) formatObject(node);
    if (isSeq(contents)) contents.flow = false;
    return document.toString({ ...YAML_TEXT, directives: false });
  });
  return texts.join('---\n');
}

function formatObject(map: YAMLMap): void {
  map.flow = false;
  const kind = KINDS.get(String(map.get('kind')));
  for (const pair of map.items) {
    const name = nameOf(pair);
    if (name === LAST && isMap(pair.value)) formatAttributes(pair.value);
    else formatValues(pair, (value) => writtenValue(kind?.propertiesByName.get(name), value));
  }
  keepHead(map);
  map.items.sort((one, other) => compare(rank(nameOf(one)), rank(nameOf(other))));
}

/** A comment above all stays there, whichever name comes first. */
function keepHead(map: YAMLMap): void {
  const key = map.items[0]?.key;
  if (!isScalar(key) || typeof key.commentBefore !== 'string') return;
  map.commentBefore = [map.commentBefore, key.commentBefore]
    .filter((one) => typeof one === 'string')
    .join('\n');
  key.commentBefore = null;
}

function formatAttributes(map: YAMLMap): void {
  map.flow = false;
  for (const pair of map.items) formatValues(pair, (value) => value);
  map.items.sort((one, other) => compare(keyOf(one), keyOf(other)));
}

function formatValues(pair: Pair, written: (value: string) => string | number | boolean): void {
  const { value } = pair;
  if (isScalar(value)) pair.value = formatScalar(value, written);
  if (!isSeq(value)) return;
  value.flow = value.items.length === 0;
  value.items = value.items.map((item) => (isScalar(item) ? formatScalar(item, written) : item));
}

/** The text as an export writes it, with the comments that are there. */
function formatScalar(scalar: Scalar, written: (value: string) => string | number | boolean): unknown {
  const text = textOfScalar(scalar);
  const fresh = scalarOf(written(text ?? ''));
  const made = fresh instanceof Scalar ? fresh : new Scalar(fresh);
  const { comment, commentBefore, spaceBefore } = scalar;
  return Object.assign(made, { comment, commentBefore, spaceBefore });
}

function keyOf({ key }: Pair): string {
  return isScalar(key) ? String(key.value) : '';
}

function nameOf(pair: Pair): string {
  return keyOf(pair).toLowerCase();
}

function rank(name: string): string {
  const place = FIRST.indexOf(name);
  return place >= 0 ? `0${place}` : name === LAST ? '2' : `1${name}`;
}

function compare(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0;
}

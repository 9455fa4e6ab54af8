// Probes report which mutations a test reaches. A probe is a call at the place of a mutation. At its first call it makes
// a file, so that it also reports from a server that runs in a process of its own and is killed.

import type { Mutation } from './mutations.ts';

export interface Probed {
  /** Name of the file that the probe makes. */
  readonly id: number;
  readonly mutation: Mutation;
}

interface Insertion {
  readonly at: number;
  /** Offset of the other end of the same mutation. */
  readonly other: number;
  readonly isOpening: boolean;
  readonly order: number;
  readonly text: string;
}

/** Returns the source with a probe at each of the mutations. `folder` is where the files of the probes go. */
export function withProbes(source: string, probed: readonly Probed[], folder: string): string {
  const insertions = probed.flatMap(insertionsOf).toSorted(byPlace);
  let text = '';
  let done = 0;
  for (const { at, text: inserted } of insertions) {
    text += source.slice(done, at) + inserted;
    done = at;
  }
  return `${preamble(folder)}${text}${source.slice(done)}`;
}

function insertionsOf({ id, mutation }: Probed, order: number): readonly Insertion[] {
  const { start, end, isStatement } = mutation;
  const [before, after] = isStatement ? [`{__probe(${id});`, '}'] : [`(__probe(${id}),`, ')'];
  return [
    { at: start, other: end, isOpening: true, order, text: before },
    { at: end, other: start, isOpening: false, order, text: after },
  ];
}

/** Closes before it opens; what is outside opens first and closes last. */
function byPlace(one: Insertion, other: Insertion): number {
  if (one.at !== other.at) return one.at - other.at;
  if (one.isOpening !== other.isOpening) return one.isOpening ? 1 : -1;
  if (one.other !== other.other) return other.other - one.other;
  return one.isOpening ? one.order - other.order : other.order - one.order;
}

/** On the first line, so that lines keep their numbers. Only hoisted declarations: modules may import each other. */
function preamble(folder: string): string {
  const file = `${JSON.stringify(`${folder}/`)} + id`;
  return [
    "import { writeFileSync as __write } from 'node:fs';",
    'var __reached;',
    'function __probe(id) { __reached ??= new Set(); if (__reached.has(id)) return; __reached.add(id);',
    `try { __write(${file}, ''); } catch {} }`,
    '',
  ].join(' ');
}

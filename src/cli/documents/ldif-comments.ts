// The comments of LDIF, which stand in lines of their own: read for another form, and written into an entry.

import type { CommentedRecord } from '../files/format-ldif.ts';
import type { RecordComments } from './document.ts';

const DN = /^dn:/i;
const MARK = /^#+ ?/;

/** Returns the comments of each record that has a name, in their order; those of no record belong to the next. */
export function commentsOfLdif(records: readonly CommentedRecord[]): readonly RecordComments[] {
  let before: string[] = [];
  const found: { head: string[]; byKey: Map<string, string[]>; tail: string[] }[] = [];
  for (const { lines, trailing } of records) {
    const [first, ...others] = lines;
    if (first === undefined || !DN.test(first.text)) {
      before.push(...lines.flatMap(({ comments }) => comments), ...trailing);
      continue;
    }
    const byKey = new Map<string, string[]>();
    for (const { comments, text } of others) {
      const key = keyOf(text);
      if (comments.length > 0) byKey.set(key, [...(byKey.get(key) ?? []), ...comments.map(plain)]);
    }
    found.push({ head: [...before, ...first.comments].map(plain), byKey, tail: trailing.map(plain) });
    before = [];
  }
  found.at(-1)?.tail.push(...before.map(plain));
  return found;
}

/** Returns the text of an entry with the comments in it; those of attributes that it does not have come last. */
export function withLdifComments(text: string, { head, byKey, tail }: RecordComments): string {
  const left = new Map(byKey);
  const lines = text
    .trimEnd()
    .split('\n')
    .flatMap((line) => {
      const comments = left.get(keyOf(line)) ?? [];
      left.delete(keyOf(line));
      return [...comments.map(marked), line];
    });
  const all = [...head.map(marked), ...lines, ...[...left.values()].flat().map(marked), ...tail.map(marked)];
  return `${all.join('\n')}\n`;
}

function keyOf(line: string): string {
  return line.toLowerCase().split(/[:;]/, 1)[0] ?? '';
}

function plain(comment: string): string {
  return comment.replace(MARK, '');
}

function marked(comment: string): string {
  return `# ${comment}`.trimEnd();
}

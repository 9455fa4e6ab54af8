// How many characters must be inserted, deleted or replaced to make one text of another (Levenshtein).

/** Takes the characters of both texts. Takes time in proportion to the product of their lengths. */
export function editDistance(one: readonly string[], other: readonly string[]): number {
  let row = Array.from({ length: other.length + 1 }, (_, index) => index);
  for (const [at, character] of one.entries()) {
    const next = [at + 1];
    for (const [index, opposite] of other.entries()) {
      const replaced = (row[index] ?? 0) + (character === opposite ? 0 : 1);
      next.push(Math.min(replaced, (row[index + 1] ?? 0) + 1, (next[index] ?? 0) + 1));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}

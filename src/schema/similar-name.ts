// Finds the name that a misspelt one probably stands for, for error messages.

const LENGTH_MAX = 64;
const PREFIX = 'ds-cfg-';

/**
 * Returns the candidate with the fewest typing errors, if there are few, or the one that lacks only the usual
 * prefix.
 */
export function findSimilarName(written: string, candidates: Iterable<string>): string | undefined {
  if (written.length > LENGTH_MAX) return undefined;
  const wanted = written.toLowerCase();
  let best: string | undefined;
  let bestDistance = 1 + Math.min(3, Math.floor(wanted.length / 4));
  for (const candidate of candidates) {
    const lower = candidate.toLowerCase();
    if (lower === PREFIX + wanted) return candidate;
    if (lower.length > LENGTH_MAX || Math.abs(lower.length - wanted.length) >= bestDistance) continue;
    const distance = countEdits(wanted, lower);
    if (distance < bestDistance) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best;
}

/** Returns the number of letters to insert, delete, replace, or swap with their neighbour (edit distance). */
function countEdits(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    for (let column = 1; column <= b.length; column++) {
      const isSame = a[row - 1] === b[column - 1];
      let edits = Math.min(
        (last[column] ?? 0) + 1,
        (current[column - 1] ?? 0) + 1,
        (last[column - 1] ?? 0) + (isSame ? 0 : 1),
      );
      const isSwap = row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1];
      if (isSwap) edits = Math.min(edits, (beforeLast[column - 2] ?? 0) + 1);
      current.push(edits);
    }
    beforeLast = last;
    last = current;
  }
  return last[b.length] ?? 0;
}

/**
 * The marks that confdit's speed is held to, in one place: the first ones it had to reach, and the ones it has to keep.
 *
 * Most are ratios to slapd in the same run. A mark without a load of its own is held at 16 connections.
 */

/** A bound on the ratio of the two servers, or on confdit's own figure. */
export interface Mark {
  readonly of: 'ratio' | 'own';
  readonly atLeast?: number;
  readonly atMost?: number;
}

const ratio = (...bounds: readonly number[]): Mark[] => bounds.map((atLeast) => ({ of: 'ratio', atLeast }));

/** Marks by `operation, load`, the key of a row. */
export const marks: Readonly<Record<string, readonly Mark[]>> = {
  'base search, serial': ratio(1),
  'base search, 16 connections': ratio(1.5, 2),
  'base search, 16 x 16': ratio(5, 10),
  'equality search, 16 connections': ratio(2),
  'subtree, 16 connections': ratio(5, 15),
  'compare, 16 connections': ratio(1.4),
  'bind, 16 connections': ratio(1),
  'TLS handshake, 16 connections': ratio(1),
  'LDAPS base search, 16 connections': ratio(1),
  'modify, serial': ratio(1.2),
  'modify, 16 connections': ratio(3, 8),
  'modify cost 10,000 : 10, serial': [{ of: 'own', atMost: 1.2 }],
  'modify cost 10,000 : 10, 16 connections': [{ of: 'own', atMost: 1.2 }],
  'start with 10,000, ': [{ of: 'own', atMost: 2000 }],
  'offline import of 100,000, slapadd -q': ratio(0.8),
  'offline import of 100,000, slapadd': ratio(10),
  'online import of 10,000, ldapadd': ratio(5),
  'start with 100,000, imported, ': [{ of: 'own', atMost: 1500 }],
  // A change is seen everywhere within three commits of etcd.
  'seen everywhere : a put, median': ratio(1 / 3),
  'shared modify : puts, 16 at once, 16 connections': ratio(2),
  'watcher goes on after a kill, longest': [{ of: 'own', atMost: 1000 }],
  'memory of 100,000, each, ': [{ of: 'own', atMost: 3000 }],
};

/** Whether `value` keeps the mark. */
export function isMet(mark: Mark, value: number): boolean {
  return value >= (mark.atLeast ?? -Infinity) && value <= (mark.atMost ?? Infinity);
}

/** `≥ 1.5 met, ≥ 2 missed`; empty when nothing is asked. */
export function formatMarks(asked: readonly Mark[], own: number, ratioOfBoth: number | undefined): string {
  const texts: string[] = [];
  for (const mark of asked) {
    const value = mark.of === 'own' ? own : ratioOfBoth;
    if (value === undefined) continue;
    const bound = mark.atLeast === undefined ? `≤ ${mark.atMost}` : `≥ ${Number(mark.atLeast.toFixed(2))}`;
    texts.push(`${bound} ${isMet(mark, value) ? 'met' : 'MISSED'}`);
  }
  return texts.join(', ');
}

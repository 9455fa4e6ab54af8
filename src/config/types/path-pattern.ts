// Patterns of paths below a base URL: segments with "/" between them; `*` is any segment, and `**` at the end is any number
// of segments.

import { type PropertyType, propertyType } from '../property-type.ts';

export interface PathPattern {
  /** Text as written, without a slash before it. */
  readonly text: string;
  /** Returns true for a path that the pattern is for. */
  matches(segments: readonly string[]): boolean;
}

const ADVICE = 'Write a path such as mail/main; * is any segment, and ** at the end is one or more of them.';

/** Returns the type of a path pattern. */
export function pathPattern(): PropertyType<PathPattern> {
  return propertyType({
    name: 'path pattern',
    syntax: 'directoryString',
    caseSensitive: true,
    allowed: 'A path; * stands for any segment, and ** at the end for one or more of them',
    parse(text) {
      const written = text.startsWith('/') ? text.slice(1) : text;
      const segments = written.split('/');
      if (segments.some((segment) => ['', '.', '..'].includes(segment)))
        return { problem: 'has an empty segment, "." or ".."', advice: ADVICE };
      if (/[\p{Cc}\\?#|<>]/u.test(written))
        return { problem: 'has a character that no path of a secret has', advice: ADVICE };
      if (segments.some((segment, index) => isMisplaced(segment, index === segments.length - 1)))
        return { problem: 'has a star that is not a whole segment, or ** before its end', advice: ADVICE };
      return { value: { text: written, matches: (path) => fits(segments, path) } };
    },
    format: ({ text }) => text,
  });
}

function isMisplaced(segment: string, isLast: boolean): boolean {
  return segment.includes('*') && segment !== '*' && !(segment === '**' && isLast);
}

function fits(pattern: readonly string[], path: readonly string[]): boolean {
  const isOpen = pattern.at(-1) === '**';
  if (isOpen ? path.length < pattern.length : path.length !== pattern.length) return false;
  return pattern.every((segment, index) => segment.startsWith('*') || segment === path[index]);
}

// The name in `$<http:SOURCE/PATH#/POINTER>`: a secret source, a path below its base URL, and a JSON pointer (RFC 6901) into
// the answer. The path is optional.

import { hasExpression, parseTemplate } from './template.ts';

export interface SecretName {
  /** Name of the secret source: the value of its RDN. */
  readonly source: string;
  /** Segments of the path, as written; none of them is empty, `.` or `..`. */
  readonly path: readonly string[];
  /** JSON pointer: empty for the whole answer, or beginning with `/`. */
  readonly pointer: string;
}

/** Parses a name. Returns what is wrong with it, a predicate of the expression, if it is none. */
export function parseSecretName(text: string): SecretName | string {
  const hash = text.indexOf('#');
  if (hash === -1) return 'has no JSON pointer; write $<http:SOURCE/PATH#/POINTER>';
  const [source = '', ...path] = text.slice(0, hash).split('/');
  const pointer = text.slice(hash + 1);
  if (source.trim() === '') return 'names no secret source; write $<http:SOURCE/PATH#/POINTER>';
  if (path.some((segment) => segment === '' || segment === '.' || segment === '..'))
    return 'has a path with an empty segment, "." or ".."';
  if (pointer !== '' && !pointer.startsWith('/')) return 'has a JSON pointer that does not begin with "/"';
  if (/~(?![01])/.test(pointer)) return 'has a JSON pointer with "~"; write "~0" for "~" and "~1" for "/"';
  return { source, path, pointer };
}

/** Returns the name in a value that is nothing but `$<http:…>`, as text; undefined for every other value. */
export function secretNameIn(value: string): string | undefined {
  if (!hasExpression(value)) return undefined;
  const { parts, problems } = parseTemplate(value);
  const [only] = parts;
  if (problems.length > 0 || parts.length !== 1 || only === undefined || typeof only === 'string')
    return undefined;
  const [name] = only.name;
  const isPlain = only.kind === 'http' && only.fallback === undefined && only.name.length === 1;
  return isPlain && typeof name === 'string' && typeof parseSecretName(name) !== 'string' ? name : undefined;
}

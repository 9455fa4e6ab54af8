// Reads the files that expressions name before the expressions are resolved. Resolving is synchronous; reading
// may be slow and has a deadline.

import { DEPTH_MAX } from './limits.ts';
import { resolve } from './resolve.ts';
import type { Sources } from './sources.ts';
import { hasExpression } from './template.ts';

/**
 * Reads the files that these texts name. A file may contain further paths, so it reads in rounds. Never
 * rejects.
 */
export async function readAhead(texts: Iterable<string>, sources: Sources): Promise<void> {
  const withExpressions = [...texts].filter(hasExpression);
  if (withExpressions.length === 0) return;
  sources.forgetFailures();
  for (let round = 0; round < DEPTH_MAX; round++) {
    const paths = sources.filesWanted(() => {
      for (const text of withExpressions) resolve(text, sources, { multiple: true, secret: true });
    });
    if (paths.length === 0) return;
    for (const path of paths) await sources.readFileAhead(path);
  }
}

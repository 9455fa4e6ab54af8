// Reads the files that expressions name before the expressions are resolved. Resolving waits for nobody; reading a file
// may have to wait for a file system, and has a deadline.

import { DEPTH_MAX } from './limits.ts';
import { resolve } from './resolve.ts';
import type { Sources } from './sources.ts';
import { hasExpression } from './template.ts';

/** Reads the files that these texts name. A path may be in a file too, so this goes round by round. Never rejects. */
export async function readAhead(texts: Iterable<string>, sources: Sources): Promise<void> {
  const withExpressions = [...texts].filter(hasExpression);
  if (withExpressions.length === 0) return;
  sources.forgetFailures();
  for (let round = 0; round < DEPTH_MAX; round++) {
    const paths = sources.filesWanted(() => {
      for (const text of withExpressions) resolve(text, sources, { multiple: true });
    });
    if (paths.length === 0) return;
    for (const path of paths) await sources.readFileAhead(path);
  }
}

// Writes the modules of src/ that a program loads into the file that CONFDIT_MODULES names, one a line, when it ends. It is
// loaded with `node --import`.

import { writeFileSync } from 'node:fs';
import { registerHooks } from 'node:module';

const source = new URL('../../../src/', import.meta.url).href;
const loaded = new Set();
registerHooks({
  load(url, context, next) {
    if (url.startsWith(source)) loaded.add(url.slice(source.length));
    return next(url, context);
  },
});
process.on('exit', () => writeFileSync(process.env.CONFDIT_MODULES, [...loaded].join('\n')));

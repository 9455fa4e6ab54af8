// Loaded before a server (`node --import`): it gets SIGHUP while its modules are being loaded.

import { registerHooks } from 'node:module';

registerHooks({
  load(url, context, next) {
    if (url.endsWith('/src/bin/main.ts')) process.kill(process.pid, 'SIGHUP');
    return next(url, context);
  },
});

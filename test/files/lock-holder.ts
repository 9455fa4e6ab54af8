// A process that opens the store of the folder it is given, says so, and stays.

import { VALUES_AS_STORED } from '../../src/store/encryption/stored-values.ts';
import { openLdifStore } from '../../src/store/ldif-store.ts';

const [folder = ''] = process.argv.slice(2);
try {
  await openLdifStore({
    folder,
    log: { warn: () => undefined, error: () => undefined },
    now: () => new Date(),
    values: VALUES_AS_STORED,
  });
  process.stdout.write('open\n');
} catch (error) {
  process.stdout.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
}
setInterval(() => undefined, 60_000);

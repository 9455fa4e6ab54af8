// Loaded before a server (`node --import`): from the moment a file of a certain name is there, writes to the journal
// fail as on a disk that is broken. What is named in CONFDIT_TEST_FAULT is the path of that file; its content the error.

import { existsSync, readFileSync } from 'node:fs';
import promises from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';

const trigger = process.env.CONFDIT_TEST_FAULT ?? '';
const { open } = promises;

promises.open = async (path, ...rest) => {
  const handle = await open(path, ...rest);
  if (!/journal-\d+\.ldif$/.test(String(path))) return handle;
  const write = handle.write.bind(handle);
  handle.write = (...words) => {
    if (!existsSync(trigger)) return write(...words);
    const code = readFileSync(trigger, 'utf8').trim();
    return Promise.reject(Object.assign(new Error(`${code}: injected`), { code }));
  };
  return handle;
};
syncBuiltinESMExports();

// A process that has nothing left to wait for says so.

import { expect, it } from 'vitest';
import { runProgram } from '../support/ldap-tools.ts';

const MODULE = new URL('../../src/bin/empty-loop.ts', import.meta.url);

function run(work: string) {
  const program = `
    import { unlessLoopIsEmpty } from ${JSON.stringify(MODULE)};
    process.exitCode = await unlessLoopIsEmpty(process, ${work}, () => new Error('nothing is left')).catch((error) => {
      console.error(error.message);
      return 7;
    });`;
  return runProgram(process.execPath, ['--input-type=module', '-e', program]);
}

it('is told that what it waits for will never come', async () => {
  expect(await run('new Promise(() => {})')).toMatchObject({ code: 7, stderr: 'nothing is left\n' });
});

it('is not told so when its work is done', async () => {
  const work = 'new Promise((resolve) => setImmediate(() => resolve(3)))';
  expect(await run(work)).toMatchObject({ code: 3, stderr: '' });
});

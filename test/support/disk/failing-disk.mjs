// Loaded before a server (`node --import`): from the moment a file of a certain name is there, calls of the file system
// fail as on a disk that is full or broken, or the process ends at one. CONFDIT_TEST_FAULT names that file. It holds the
// name of an error, which writes to a journal fail with from then on; or JSON, see `Fault`. Another content counts again.

import fs, { existsSync, readFileSync, writeFileSync } from 'node:fs';
import promises from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { constants } from 'node:os';
import { setTimeout } from 'node:timers/promises';

/**
 * @typedef {object} Fault
 * @property {string} code name of the error; `KILL` ends the process before the call, `KILL-AFTER` after it; with `WAIT` calls
 *   of open files are made only when the fault is gone
 * @property {string} [path] regular expression that the path must match
 * @property {string[]} [calls] of `create write sync truncate rename remove mkdir link`
 * @property {number} [skip] calls that still succeed
 * @property {number} [times] calls that fail then
 */

const trigger = process.env.CONFDIT_TEST_FAULT ?? '';
/** Each call becomes a line of this file, as `write /path`. */
const trace = process.env.CONFDIT_TEST_TRACE ?? '';
const JOURNAL = 'journal-\\d+\\.ldif$';
const WAIT_LOOK_MS = 20;
const DEFAULTS = { path: '', calls: undefined, skip: 0, times: Number.POSITIVE_INFINITY };
/** Not the function that is patched below, which would be traced in turn. */
const note = (
  (real) => (path, text) =>
    real(path, text, { flag: 'a' })
)(writeFileSync);
let known = '';
let seen = 0;

/** Ends the process or throws when it is the turn of a call; gives what is to be done when the call has succeeded. */
function strike(call, path) {
  if (trace !== '' && String(path) !== trace) note(trace, `${call} ${path}\n`);
  if (!existsSync(trigger)) return () => {};
  const text = readFileSync(trigger, 'utf8').trim();
  if (text !== known) {
    known = text;
    seen = 0;
  }
  const fault = text.startsWith('{')
    ? { ...DEFAULTS, ...JSON.parse(text) }
    : { ...DEFAULTS, code: text, path: JOURNAL, calls: ['write'] };
  if (text === '' || !new RegExp(fault.path).test(String(path))) return () => {};
  if (fault.calls !== undefined && !fault.calls.includes(call)) return () => {};
  seen += 1;
  if (seen <= fault.skip || seen > fault.skip + fault.times) return () => {};
  note(`${trigger}.struck`, `${call} ${path}\n`);
  const kill = () => process.kill(process.pid, 'SIGKILL');
  if (fault.code === 'KILL-AFTER') return kill;
  if (fault.code === 'KILL') kill();
  if (fault.code === 'WAIT') return Object.assign(() => {}, { until: isGone(trigger) });
  throw systemError(fault.code);
}

async function isGone(path) {
  while (existsSync(path)) await setTimeout(WAIT_LOOK_MS);
}

/** As Node.js makes them: EDQUOT has no name there. */
function systemError(name) {
  const errno = -(constants.errno[name] ?? 5);
  const code = name === 'EDQUOT' ? `Unknown system error ${errno}` : name;
  return Object.assign(new Error(`${code}: injected`), { code, errno });
}

/** A folder that is there needs no space. */
const needsNothing = (call, path) => call === 'mkdir' && existsSync(path);

function patch(module, name, call, pathOf = (path) => path) {
  const real = module[name];
  module[name] = (...words) => {
    const isAsync = module === promises;
    try {
      const path = pathOf(...words);
      const done = needsNothing(call, path) ? () => {} : strike(call, path);
      const result = real.apply(module, words);
      if (!isAsync) done();
      return isAsync ? result.finally(done) : result;
    } catch (error) {
      if (isAsync) return Promise.reject(error);
      throw error;
    }
  };
}

const { open } = promises;
const isCreate = (flags) =>
  typeof flags === 'number' ? (flags & constants_O_CREAT) !== 0 : /^[wa]/.test(String(flags ?? 'r'));
const constants_O_CREAT = fs.constants.O_CREAT;

promises.open = async (path, flags, ...rest) => {
  const done = isCreate(flags) ? strike('create', path) : () => {};
  const handle = await open(path, flags, ...rest);
  done();
  for (const [name, call] of [
    ['write', 'write'],
    ['writeFile', 'write'],
    ['sync', 'sync'],
    ['truncate', 'truncate'],
  ]) {
    const real = handle[name].bind(handle);
    handle[name] = async (...words) => {
      const after = strike(call, path);
      await after.until;
      const value = await real(...words);
      after();
      return value;
    };
  }
  return handle;
};
patch(promises, 'writeFile', 'write');
patch(promises, 'rename', 'rename', (_, to) => to);
patch(promises, 'link', 'link', (_, to) => to);
patch(promises, 'mkdir', 'mkdir');
patch(promises, 'rm', 'remove');
patch(fs, 'writeFileSync', 'write');
patch(fs, 'renameSync', 'rename', (_, to) => to);
patch(fs, 'rmSync', 'remove');
syncBuiltinESMExports();

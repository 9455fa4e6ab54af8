// The program on a Node.js that is too old for it: one sentence, and nothing of the rest is loaded.

import { mkdir, mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { stripTypeScriptTypes } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { removeFolder } from '../support/folders.ts';
import { runProgram } from '../support/ldap-tools.ts';

/** Of the system: what the project itself runs on is not among them. */
const PLACES = ['/usr/bin/node', '/usr/local/bin/node'];

let folder: string;
let program: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'confdit-old-'));
  program = join(folder, 'bin', 'confdit.js');
  await mkdir(join(folder, 'bin'));
  await writeFile(join(folder, 'package.json'), '{ "type": "module" }');
  const source = await readFile('src/bin/confdit.ts', 'utf8');
  await writeFile(program, stripTypeScriptTypes(source).replace("'./main.ts'", "'./main.js'"));
  await writeFile(join(folder, 'bin', 'main.js'), 'throw new Error("loaded");');
});

afterAll(() => removeFolder(folder));

it('a version that is too old is named, with the place of the program', async () => {
  const pretend = "Object.defineProperty(process.versions, 'node', { value: '22.9.0' })";
  const words = ['--import', `data:text/javascript,${encodeURIComponent(pretend)}`, program, 'start'];
  const { code, stdout, stderr } = await runProgram(process.execPath, words);
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  expect(stderr).toBe(
    `confdit: This is Node.js 22.9.0 (${process.execPath}), and confdit needs Node.js 24 or newer. Install it, or put it ` +
      'first on the PATH of the user who starts confdit.\n',
  );
});

it.each(PLACES)('the program runs on %s, if it is old, as far as that sentence', async (place) => {
  const { code: found, stdout: version } = await runProgram(place, ['--version']).catch(() => ({
    code: 1,
    stdout: '',
  }));
  if (found !== 0 || Number.parseInt(version.slice(1), 10) >= 24) return;
  const { code, stderr } = await runProgram(place, [program, 'status']);
  expect(code).toBe(1);
  expect(stderr).toContain(`This is Node.js ${version.trim().slice(1)} (`);
  expect(stderr.trim().split('\n')).toHaveLength(1);
});

it('the version of now loads the rest', async () => {
  const { stderr } = await runProgram(process.execPath, [program, '--version']);
  expect(stderr).toContain('Error: loaded');
});

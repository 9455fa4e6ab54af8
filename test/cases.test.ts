// Plays the case files of test/cases against a real server, with the clients that administrators use.

import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import { ResultCode } from '../src/ldap/result-code.ts';
import { type Case, type Expectation, parseBlocks, parseCases } from './support/cases/case-file.ts';
import { CaseTree, withoutStamps } from './support/cases/case-tree.ts';
import { freePort } from './support/free-port.ts';
import { LdapTools, type ProgramResult } from './support/ldap-tools.ts';
import { startServer } from './support/start-server.ts';

const FOLDER = fileURLToPath(new URL('cases', import.meta.url));
const ABOUT = 'README.md';
/** The client shows the message of a success nowhere else than in its trace. */
const TRACE = ['-d', '1'];
const TRACED_MESSAGE = /res_error: <(.*?)>, res_matched/gs;

const names = (await readdir(FOLDER)).filter((name) => name.endsWith('.md') && name !== ABOUT);
const subjects = await Promise.all(
  names.map(async (name) => ({ name, cases: parseCases(await readFile(join(FOLDER, name), 'utf8')) })),
);

describe('cases', () => {
  let tools: LdapTools;
  let tree: CaseTree;
  let atFirst: string;

  beforeAll(async () => {
    const server = await startAroundCases();
    tools = new LdapTools(server);
    tree = await CaseTree.open(server);
    atFirst = await tree.everything();
  });

  for (const { name, cases } of subjects) {
    describe(name.replace('.md', ''), () => {
      it.each(cases.map((one) => [one.title, one] as const))('%s', (_, one) =>
        play(one, tools, tree, atFirst),
      );
    });
  }
});

/** A server with the environment, definitions and files that the paper about the cases names. */
async function startAroundCases() {
  const blocks = parseBlocks(await readFile(join(FOLDER, ABOUT), 'utf8'));
  const linesOf = (name: string) =>
    blocks
      .find((block) => block.name === name)
      ?.text.trim()
      .split('\n') ?? [];
  const variables = linesOf('environment').map((line) => [
    line.slice(0, line.indexOf('=')),
    line.slice(line.indexOf('=') + 1),
  ]);
  const ports = { CASE_FREE_PORT_ONE: await freePort(), CASE_FREE_PORT_TWO: await freePort() };
  for (const [name, port] of Object.entries(ports)) variables.push([name, String(port)]);
  const files = blocks.filter(({ name }) => name.startsWith('config/'));
  return startServer({
    environment: Object.fromEntries(variables),
    definitions: linesOf('definitions'),
    files: Object.fromEntries(files.map((file) => [file.name, file.text])),
  });
}

/** What there was at first must be there again in the end: the case before cannot make this one pass or fail. */
async function play(
  { start, steps }: Case,
  tools: LdapTools,
  tree: CaseTree,
  atFirst: string,
): Promise<void> {
  try {
    if (start !== '') expect(await tree.add(start)).toBeUndefined();
    let untouched = await tree.everything();
    for (const { change, expected } of steps) {
      checkAnswer(await tools.run('ldapmodify', ['-a', ...TRACE], change), expected);
      if (expected.code === ResultCode.success) untouched = await tree.everything();
      else expect(await tree.everything()).toBe(untouched);
      await checkEntries(expected, tree);
    }
  } finally {
    await tree.removeAdded(atFirst);
    await tree.putBack();
    expect(withoutStamps(await tree.everything())).toBe(withoutStamps(atFirst));
  }
}

function checkAnswer(
  { code, stderr }: ProgramResult,
  { resultName, messages, ...expected }: Expectation,
): void {
  const traced = [...stderr.matchAll(TRACED_MESSAGE)].map(([, message = '']) => message).join('\n');
  const shown = stderr.slice(stderr.search(/^(?:ldap_(?:add|modify|delete|rename)|ldapmodify): /m));
  expect(Object.entries(ResultCode)).toContainEqual([resultName, expected.code]);
  expect(code, shown).toBe(expected.code);
  for (const message of messages ?? []) expect(`${traced}\n${shown}`).toContain(message);
  if (messages?.length === 0) expect(traced.trim()).toBe('');
}

async function checkEntries({ entries }: Expectation, tree: CaseTree): Promise<void> {
  for (const { dn, attributes, among } of entries) {
    const found = await tree.read(dn);
    for (const [name, value] of among) expect(found.get(name), `${name} of ${dn}`).toContain(value);
    for (const [name, values] of attributes)
      expect(found.get(name) ?? [], `${name} of ${dn}`).toEqual(values);
  }
}

// One file of mistakes, sent by `ldapmodify -c`: each is refused with the right code and with words that help, and
// nothing of any of them is stored.

import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import { LdapTools, type ProgramResult } from './support/ldap-tools.ts';
import { startServer } from './support/start-server.ts';

const FILE = fileURLToPath(new URL('cases/forty-wrong-changes.ldif', import.meta.url));
const MISTAKE = /^# \d+\. (.*)\n# (\d+): (.*)\n(?!#)/gm;
const REFUSAL = /^ldap_\w+: .* \((\d+)\)$/m;

const mistakes = [...(await readFile(FILE, 'utf8')).matchAll(MISTAKE)].map(
  ([, title = '', code = '', advice = '']) => ({ title, code, advice }),
);

describe('forty wrong changes', () => {
  let before: State;
  let answer: ProgramResult;
  let after: State;
  let refusals: readonly { readonly code: string; readonly text: string }[];

  beforeAll(async () => {
    const server = await startServer();
    const tools = new LdapTools(server);
    before = await stateOf(server.folder, tools);
    answer = await tools.run('ldapmodify', ['-c', '-f', FILE]);
    after = await stateOf(server.folder, tools);
    // What stands before the first refusal, then code and text in turn.
    const parts = answer.stderr.split(REFUSAL).slice(1);
    refusals = mistakes.map((_, index) => {
      return { code: parts[2 * index] ?? 'none', text: parts[2 * index + 1] ?? '' };
    });
    expect(parts).toHaveLength(2 * mistakes.length);
  });

  it('are forty', () => {
    expect(mistakes).toHaveLength(40);
  });

  it.each(mistakes.map((mistake, index) => [mistake.title, mistake, index] as const))(
    '%s',
    (_, { code, advice }, index) => {
      expect(refusals[index]?.code, refusals[index]?.text).toBe(code);
      expect(refusals[index]?.text).toContain(advice);
    },
  );

  it('do not bring the password back in an answer', () => {
    expect(answer.stderr).toContain('auth-password "***"');
    expect(answer.stderr).not.toContain('swordfish');
  });

  it('leave no trace, neither in the tree nor on disk', () => {
    expect(before.files.some(({ path }) => path.startsWith('journal/'))).toBe(true);
    expect(after).toEqual(before);
  });
});

interface State {
  readonly tree: string;
  readonly files: readonly { readonly path: string; readonly text: string }[];
}

async function stateOf(folder: string, tools: LdapTools): Promise<State> {
  const config = join(folder, 'config');
  const found = await readdir(config, { recursive: true, withFileTypes: true });
  const files = found
    // The copy of a good start is written in the background, whatever the clients do.
    .filter((file) => file.isFile() && !file.name.includes('startok'))
    .map(async (file) => {
      const path = join(file.parentPath, file.name);
      return { path: path.slice(config.length + 1), text: await readFile(path, 'utf8') };
    });
  const { stdout } = await tools.search('cn=config', '(objectClass=*)', '*', '+');
  return { tree: stdout, files: await Promise.all(files) };
}

// What a terminal would obey never reaches it from a name, a value or a file, whichever command shows it.

import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { styleText } from 'node:util';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ERASE_LINE, paint, withVisibleOutput } from '../../../src/cli/terminal.ts';
import { visibleText } from '../../../src/ldap/visible-text.ts';
import { typeConfdit } from '../../support/confdit-in-process.ts';
import { removeFolder } from '../../support/folders.ts';

/** Red, bell, line written over, C1's own escape, an override of the direction, and a line of its own. */
const HOSTILE = 'a\u001b[31mRED\u0007\r\u009b2J\u202eoot';
const WITH_LINE = `${HOSTILE}\nconfdit: all is well`;
const OBEYED = /(?![\n\t])\p{Cc}|[\u202a-\u202e\u2066-\u2069]/u;

function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}

const LDIF = [
  `dn:: ${base64(`cn=${HOSTILE},cn=Mail Servers,cn=config`)}`,
  'objectClass: ds-cfg-mail-server',
  'ds-cfg-enabled: false',
  'ds-cfg-smtp-server: mx.example.com',
  '',
].join('\n');
const WRONG = LDIF.replace('mx.example.com', 'mx:x').replace(
  'ds-cfg-enabled: false',
  `ds-cfg-enabled:: ${base64(WITH_LINE)}`,
);

describe('what is shown to people', () => {
  let folder: string;
  let instance: readonly string[];
  let file: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'confdit-visible-'));
    instance = ['--instance', join(folder, 'made')];
    file = join(folder, 'hostile.ldif');
    await writeFile(file, LDIF);
    await writeFile(join(folder, 'wrong.ldif'), WRONG);
    await writeFile(join(folder, 'comment.ldif'), `# ${HOSTILE.replaceAll('\r', '')}\n${LDIF}`);
    expect(await typeConfdit(['init', ...instance])).toMatchObject({ code: 0 });
  });

  afterAll(() => removeFolder(folder));

  it('has no control characters, whatever a command shows', async () => {
    const offline = ['--offline', ...instance];
    const lines: readonly (readonly string[])[] = [
      ['plan', file, ...offline],
      ['apply', '-n', file, ...offline],
      ['list-mail-servers', ...offline],
      ['list-mail-servers', '-s', ...offline],
      ['list-mail-servers', '--json', ...offline],
      ['get-mail-server-prop', '--server-name', HOSTILE, ...offline],
      ['set-mail-server-prop', '--server-name', HOSTILE, '--set', `enabled:${HOSTILE}`, ...offline],
      ['delete-mail-server', '-n', '--server-name', `${HOSTILE}x`, ...offline],
      ['export-ldif', ...offline],
      ['resolve', ...instance],
      ['history', ...offline],
      ['check', ...instance],
      ['validate', join(folder, 'wrong.ldif')],
      ['validate', join(folder, 'wrong.ldif'), '--format', 'github'],
      ['validate', join(folder, HOSTILE)],
      ['fmt', '--check', join(folder, 'comment.ldif')],
      ['import-ldif', join(folder, 'wrong.ldif'), ...offline],
      ['edit', HOSTILE, ...offline],
      [HOSTILE],
      ['dsconfig', HOSTILE],
    ];
    for (const words of lines) {
      const { stdout, stderr } = await typeConfdit(words);
      expect(`${stdout}${stderr}`, words[0]).not.toMatch(OBEYED);
      expect(`${stdout}${stderr}`, words[0]).not.toMatch(/^confdit: all is well/m);
    }
    const { stdout } = await typeConfdit(['list-mail-servers', ...offline]);
    expect(stdout).toContain('a\\u001b[31mRED\\u0007\\u000d');
  });

  it('has no control characters but those of the program, whatever is written', () => {
    const text = fc.string({ unit: 'binary', maxLength: 80 });
    fc.assert(
      fc.property(text, (value) => {
        const output = new Terminal();
        const world = withVisibleOutput(
          new Proxy(process, {
            get: (_target, name) => (name === 'stdout' || name === 'stderr' ? output : undefined),
          }),
        );
        world.stdout.write(`${ERASE_LINE}${value}${paint('red', value, world.stdout)}`);
        const shown = visibleText(value);
        expect(output.text).toBe(`\r\u001b[K${shown}${styleText('red', shown, { stream: output })}`);
        expect(shown).not.toMatch(OBEYED);
      }),
    );
  });

  it('is the same JSON', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'grapheme' }),
        fc.constantFrom('\u009b', '\u202e', '\u001b'),
        (text, sign) => {
          const value = { [text + sign]: sign + text };
          expect(JSON.parse(visibleText(JSON.stringify(value)))).toEqual(value);
        },
      ),
    );
  });
});

class Terminal extends Writable {
  text = '';
  readonly isTTY = true;

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.text += chunk.toString();
    done();
  }
}

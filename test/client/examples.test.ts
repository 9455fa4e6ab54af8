// The examples in the doc comments of what `confdit/client` exports: each is run as a program of its own, and prints what it
// says it prints.

import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { removeFolder } from '../support/folders.ts';
import { runProgram } from '../support/ldap-tools.ts';
import { endReceivers, SmtpReceiver } from '../support/mail/smtp-receiver.ts';
import { APP_PASSWORD, ClientRoom } from './client-room.ts';

const PACKAGE = new URL('../../src/client/open-mail-server.ts', import.meta.url);
const FILES = [PACKAGE, new URL('../../src/client/mail-server-error.ts', import.meta.url)];
/** The name of the example, and its code behind the stars of the comment. */
const EXAMPLE = /^ *\* @example (?<title>.*)\n *\* ```ts\n(?<code>(?: *\*.*\n)*?) *\* ```$/gm;
const PRINTS = /\/\/ prints: (.*)$/gm;

const texts = await Promise.all(FILES.map((file) => readFile(file, 'utf8')));
const examples = texts.flatMap((text) =>
  [...text.matchAll(EXAMPLE)].map(({ groups: { title = '', code = '' } = {} }) => {
    return { title, code: code.replaceAll(/^ *\* ?/gm, '') };
  }),
);

it('has every code of errors in its document', async () => {
  const document = await readFile(new URL('../../docs/client.md', import.meta.url), 'utf8');
  const codes = [...texts.join('').matchAll(/^ {2}\| '([a-z-]+)'/gm)].map(([, code = '']) => code);
  expect(codes.length).toBeGreaterThan(0);
  expect(codes.filter((code) => !document.includes(`| \`${code}\``))).toEqual([]);
});

describe('an example of confdit/client', () => {
  let room: ClientRoom;
  let folder: string;

  beforeAll(async () => {
    room = await ClientRoom.start();
    folder = await mkdtemp(join(tmpdir(), 'confdit-examples-'));
    const receiver = await SmtpReceiver.start();
    await room.addMailServer('Main', receiver.port);
  });

  afterAll(async () => {
    await endReceivers();
    await removeFolder(folder);
  });

  it('is there for each class and function', () => {
    expect(examples.length).toBe(3);
  });

  it.for(examples)('$title', async ({ title, code }) => {
    const file = join(folder, `${title.replaceAll(/\W/g, '-')}.mts`);
    await writeFile(file, code.replaceAll("'confdit/client'", JSON.stringify(fileURLToPath(PACKAGE))));
    const environment = { CONFDIT_URL: room.server.url, CONFDIT_PASSWORD: APP_PASSWORD };
    const ran = await runProgram(process.execPath, [file], '', { PATH: process.env.PATH, ...environment });
    const expected = [...code.matchAll(PRINTS)].map(([, text]) => `${text}\n`).join('');
    expect(ran).toMatchObject({ code: 0, stdout: expected, stderr: '' });
  });
});

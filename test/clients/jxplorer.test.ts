// JXplorer, a directory browser with windows, on a display that nobody sees: it connects, shows the schema and the
// tree, edits a mail server, shows why another edit is refused, renames it, adds another by a form, exports both, and
// deletes one. TOOL_PICTURES=folder keeps pictures of it.

import { mkdir, mkdtemp, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { readLdif } from '../../src/codec/ldif-reader.ts';
import { addPeople } from '../memory/memory-backend-support.ts';
import { removeFolder } from '../support/folders.ts';
import { LdapTools, runProgram } from '../support/ldap-tools.ts';
import { type RunningServer, startServer } from '../support/start-server.ts';
import { readSeen, scriptEnvironment, scriptPath } from './client-script.ts';
import { startVirtualDisplay, type VirtualDisplay } from './virtual-display.ts';

const JXPLORER = '/usr/share/jxplorer';
const JARS = [`${JXPLORER}/jxplorer.jar`, `${JXPLORER}/jxplorer_help.jar`, '/usr/share/java/jhall.jar'];
const CONTAINER = 'cn=Mail Servers,cn=config';
const NAME = `cn=relay,${CONTAINER}`;

let server: RunningServer;
let display: VirtualDisplay;
let home: string;

beforeAll(async () => {
  server = await startServer();
  display = await startVirtualDisplay();
  home = await mkdtemp(join(tmpdir(), 'confdit-jxplorer-'));
});

afterAll(async () => {
  await display.stop();
  await removeFolder(home);
});

const exported = () => join(home, 'exported.ldif');

/** The browser looks for its icons and pages in its current folder. */
async function browse(): Promise<{ seen: ReadonlyMap<string, unknown>; output: string }> {
  const pictures = process.env.TOOL_PICTURES;
  if (pictures !== undefined) await mkdir(pictures, { recursive: true });
  const words = ['-Djxplorer.config=user.home', `-Duser.home=${home}`, '-cp', JARS.join(':')];
  const { code, stdout, stderr } = await runProgram(
    'env',
    ['-C', JXPLORER, 'timeout', '500', 'java', ...words, scriptPath('JxplorerDriver.java')],
    '',
    { ...scriptEnvironment(server), DISPLAY: display.name, TOOL_PICTURES: pictures, EXPORT_FILE: exported() },
  );
  const output = `${stdout}${stderr}`;
  expect(code, output).toBe(0);
  return { seen: readSeen(stdout), output };
}

it('JXplorer shows schema and tree, edits, renames, adds, exports and deletes a mail server, and shows why it may not', async () => {
  const tools = new LdapTools(server);
  await addPeople(tools);
  const { code } = await tools.add(
    `dn: ${NAME}\nobjectClass: ds-cfg-mail-server\nds-cfg-enabled: true\nds-cfg-smtp-server: mail.example.com:587\n`,
  );
  expect(code).toBe(0);

  const { seen, output } = await browse();
  expect(seen.get('object classes')).toEqual(expect.arrayContaining(['ds-cfg-mail-server', 'inetOrgPerson']));
  expect(seen.get('attributes')).toEqual(expect.arrayContaining(['ds-cfg-smtp-server', 'entryUUID']));
  // A suffix of two parts is shown as the tree that it ends.
  expect(seen.get('naming contexts')).toEqual(expect.arrayContaining(['config', 'effective', 'com']));
  expect(seen.get('mail servers')).toEqual(['relay']);
  expect(seen.get('refused')).toContain(
    `[LDAP: error code 19 - ${NAME}: smtp-server "relay.example.com:70000" has a port that is not a number`,
  );
  // It complains of schemas in its log.
  expect(output.split('\n').filter((line) => /^(warning|severe).*(schema|syntax)/i.test(line))).toEqual([]);

  // A mail server is renamed as any other entry: F2.
  const renamed = `cn=renamed,${CONTAINER}`;
  expect(seen.get('renamed')).toBe('renamed');
  expect((await tools.search(NAME, '-s', 'base')).code).toBe(32);
  const [entry] = await tools.entries(renamed);
  expect(entry?.values('ds-cfg-smtp-server')).toEqual(['relay.example.com:2525']);
  expect(entry?.values('objectclass').toSorted()).toEqual(['ds-cfg-mail-server', 'top']);
  const changes = server.logLines().filter(({ msg, result }) => msg === 'modify' && result === 'success');
  expect(changes).toHaveLength(1);

  expect(seen.get('added')).toBe('added.example.com:587');
  const records = readLdif(await readFile(exported(), 'utf8'));
  const names = records.flatMap((record) => (record.type === 'content' ? [record.entry.dn.toString()] : []));
  expect(names).toEqual(expect.arrayContaining([renamed, `cn=added,${CONTAINER}`]));
  expect(seen.get('deleted')).toBe('gone');
  expect((await tools.search(`cn=added,${CONTAINER}`, '-s', 'base')).code).toBe(32);
});

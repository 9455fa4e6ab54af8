// create-… on a terminal asks for what it must be told and nobody has typed; anywhere else that is refused, all of it at
// once.

import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { objectFamilies } from '../../../src/cli/dsconfig/object-family.ts';
import { objectDefinitions } from '../../../src/config/definitions.ts';
import { confditFor } from '../../support/confdit-program.ts';
import { programPath } from '../../support/run/program-path.ts';
import { type RunningServer, startServer } from '../../support/start-server.ts';
import { Terminal } from '../../support/terminal.ts';

describe('create-… on a terminal', () => {
  let server: RunningServer;
  let terminal: Terminal | undefined;

  beforeAll(async () => {
    server = await startServer();
  });

  afterEach(async () => {
    await terminal?.end();
    terminal = undefined;
  });

  async function type(words: string): Promise<Terminal> {
    const program = `'${process.execPath}' '${programPath()}'`;
    terminal = await Terminal.start(`${program} ${words} --port ${server.port} --bindPassword:env PASSWORD`, {
      folder: process.cwd(),
      environment: { PASSWORD: server.password },
    });
    return terminal;
  }

  const list = async (...words: string[]) => (await confditFor(server)(...words, '-s')).stdout;

  it('asks for mandatory properties, with help, and checks the answers', async () => {
    const screen = await type('create-mail-server --server-name Asked --displayCommand -v');
    const help = await screen.until('◆  enabled');
    expect(help).toContain('Whether mail is handed to this mail server.');
    await screen.pick('false');
    await screen.answer('smtp-server', 'a.example.com:99999');
    await screen.until('▲');
    await screen.press('C-u');
    await screen.answer('smtp-server', 'a.example.com');
    // The optional properties are offered then.
    await screen.pick('use-ssl');
    await screen.pick('true');
    await screen.pick('Create the Mail Server');
    await screen.until('exit code 0');
    // The command is longer than a line of the screen.
    const end = await screen.everything();
    expect(end).toContain('The Mail Server "Asked" was created.');
    expect(end).toMatch(
      /create-mail-server --server-name Asked --set enabled:false --set smtp-server:a\.example\.com --set use-ssl:true/,
    );
    expect(await list('get-mail-server-prop', '--server-name', 'Asked')).toMatch(
      /enabled\tfalse\n[\s\S]*smtp-server\ta\.example\.com\n[\s\S]*use-ssl\ttrue\n/,
    );
  });

  it('asks only for what was not typed', async () => {
    const screen = await type('create-mail-server --server-name Half --set ENABLED:true');
    const asked = await screen.until('◆  smtp-server');
    expect(asked).not.toContain('◇  enabled');
    await screen.answer('smtp-server', 'b.example.com');
    await screen.pick('Create the Mail Server');
    await screen.until('exit code 0');
    expect(await list('list-mail-servers')).toContain('Half\n');
  });

  it('asks for the type and for a name that nobody has', async () => {
    await mkdir(join(server.folder, 'authorities'));
    const screen = await type('create-trust-manager-provider');
    await screen.until('◆  Which kind?');
    await screen.pick('Pem Trust Manager Provider');
    await screen.answer('The name of the new Trust Manager Provider', '');
    await screen.until('▲');
    await screen.type('Own authorities');
    await screen.until('│  Own authorities');
    await screen.press('Enter');
    await screen.until('◆  enabled');
    await screen.pick('true');
    await screen.answer('pem-directory', 'authorities');
    await screen.pick('Create the Pem Trust Manager Provider');
    await screen.until('exit code 0');
    const listed = await confditFor(server)('list-trust-manager-providers');
    expect(listed.stdout).toMatch(/Own authorities +: pem +: true/);
  });

  it('takes no name that there is', async () => {
    const screen = await type('create-trust-manager-provider --type pem');
    await screen.answer('The name of the new Trust Manager Provider', 'blind trust');
    await screen.until('There is a Trust Manager Provider of this name.');
  });

  it('creates nothing when somebody gives up', async () => {
    const screen = await type('create-mail-server --server-name Never');
    await screen.until('◆  enabled');
    await screen.press('Escape');
    expect(await screen.until('exit code 6')).toContain('Nothing was created.');
    expect(await list('list-mail-servers')).not.toContain('Never');
  });

  it('asks before it deletes, and deletes nothing without a yes', async () => {
    const sets = ['--set', 'enabled:false', '--set', 'smtp-server:a'];
    await confditFor(server)('create-mail-server', '--server-name', 'Doomed', ...sets);
    let screen = await type('delete-mail-server --server-name Doomed');
    await screen.until('Delete the Mail Server "Doomed"? (yes / no)');
    await screen.press('C-c');
    expect(await screen.until('exit code 6')).toContain('Nothing was deleted.');
    await screen.end();
    screen = await type('delete-mail-server --server-name Doomed');
    await screen.until('(yes / no)');
    await screen.type('yes');
    await screen.press('Enter');
    expect(await screen.until('exit code 0')).toContain('The Mail Server "Doomed" was deleted.');
    expect(await list('list-mail-servers')).not.toContain('Doomed');
  });

  it('tells what is wrong before it asks', async () => {
    const screen = await type('create-mail-server --set use-ssl:perhaps --set enabld:true');
    const end = await screen.until('exit code 19');
    expect(end).toContain('use-ssl');
    expect(end).toContain('Did you mean enabled?');
    expect(end).not.toContain('◆');
  });

  it.each(['--no-prompt', '-n', '--quiet', '--json', '-s'])('asks nothing with %s', async (option) => {
    const screen = await type(`create-mail-server --server-name Never ${option}`);
    const end = await screen.until('exit code 19');
    expect(end).toContain('enabled: is mandatory');
    expect(end).toContain('smtp-server: is mandatory');
  });

  it('asks nothing in a batch', async () => {
    const file = join(server.folder, 'batch');
    await writeFile(file, 'create-mail-server --server-name Never\n');
    const screen = await type(`dsconfig --batchFilePath '${file}' --useStartTls -X`);
    expect(await screen.until('exit code 19')).toContain('smtp-server: is mandatory');
  });

  it('asks nothing where nobody sits, and tells all that is missing', async () => {
    const { code, stderr, stdout } = await confditFor(server)('create-mail-server', '--set', 'priority:high');
    expect({ code, stdout }).toEqual({ code: 19, stdout: '' });
    for (const part of ['--server-name', 'priority', 'enabled: is mandatory', 'smtp-server: is mandatory']) {
      expect(stderr).toContain(part);
    }
  });

  // Some kinds need nothing but a name.
  const families = objectFamilies(objectDefinitions).filter(
    ({ nameOption, types, definition }) =>
      nameOption !== undefined && (types.size > 1 || definition.properties.some(({ required }) => required)),
  );

  it.each(families)('asks for what a new $name must have', async ({ name, nameOption }) => {
    const screen = await type(`create-${name} --${nameOption} Other`);
    await screen.until(/◆ {2}(?:Which kind\?|[a-z-]+)/);
    await screen.press('Escape');
    await screen.until('exit code 6');
  });
});

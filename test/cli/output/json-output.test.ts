// What --json prints, against the schema that is published for it.

import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { COMMANDS } from '../../support/commands.ts';
import { confditFor, runHere } from '../../support/confdit-program.ts';
import { removeFolder } from '../../support/folders.ts';
import { type RunningServer, startServer } from '../../support/start-server.ts';

const SCHEMA = new URL('../../../docs/cli-output.schema.json', import.meta.url);
const SCHEMA_ID = 'urn:confdit:cli-output';
const NAME = ['--server-name', 'One'];

describe('the output for programs', () => {
  let server: RunningServer;
  let confdit: ReturnType<typeof confditFor>;
  let folder: string;
  const ajv = new Ajv2020();

  beforeAll(async () => {
    ajv.addSchema(JSON.parse(await readFile(SCHEMA, 'utf8')));
    server = await startServer();
    confdit = confditFor(server);
    folder = await mkdtemp(join(tmpdir(), 'confdit-json-'));
  });

  afterAll(() => removeFolder(folder));

  /** The problems that the schema finds in the output of a command. */
  async function problemsOf(definition: string, ...words: string[]): Promise<readonly string[]> {
    const { code, stdout, stderr } = await confdit(...words, '--json');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const reference = `${SCHEMA_ID}#/$defs/${definition}`;
    ajv.validate(reference, JSON.parse(stdout));
    return (ajv.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`);
  }

  it('is what the schema says', async () => {
    const file = join(folder, 'desired.ldif');
    const lines = ['objectClass: ds-cfg-mail-server', 'ds-cfg-enabled: false', 'ds-cfg-smtp-server: a'];
    await writeFile(file, ['dn: cn=Two,cn=Mail Servers,cn=config', ...lines, ''].join('\n'));
    const sets = ['--set', 'enabled:true', '--set', 'smtp-server:localhost'];
    expect(await problemsOf('result', 'create-mail-server', ...NAME, ...sets)).toEqual([]);
    expect(await problemsOf('result', 'set-mail-server-prop', ...NAME, '--set', 'use-ssl:true')).toEqual([]);
    expect(await problemsOf('list', 'list-mail-servers')).toEqual([]);
    expect(await problemsOf('list', 'list-trust-manager-providers')).toEqual([]);
    expect(await problemsOf('object', 'get-mail-server-prop', ...NAME, '--advanced')).toEqual([]);
    expect(await problemsOf('object', 'get-global-configuration-prop')).toEqual([]);
    expect(await problemsOf('plan', 'plan', file)).toEqual([]);
    expect(await problemsOf('applied', 'apply', file, '--no-prompt')).toEqual([]);
    expect(await problemsOf('applied', 'apply', file, '--no-prompt')).toEqual([]);
    expect(await problemsOf('plan', 'plan', file)).toEqual([]);
    expect(await problemsOf('status', 'status')).toEqual([]);
    expect(await problemsOf('result', 'delete-mail-server', '-n', ...NAME)).toEqual([]);
    expect(await problemsOf('history', 'history')).toEqual([]);
    expect(await problemsOf('history', 'history', '--changes')).toEqual([]);
    expect(await problemsOf('access', 'access', '--who', 'admin', '--entry', 'cn=config')).toEqual([]);
    expect(await problemsOf('account', 'get-password-policy-state', 'admin')).toEqual([]);
    expect(await problemsOf('resolved', 'resolve')).toEqual([]);
    expect(await problemsOf('reloaded', 'reload')).toEqual([]);
  });

  /** The same for what needs no server, whatever it exits with. */
  async function problemsOffline(definition: string, code: number, ...words: string[]) {
    const ran = await runHere([...words, '--json'], { input: 'a password\n' });
    expect(ran).toMatchObject({ code, stderr: '' });
    ajv.validate(`${SCHEMA_ID}#/$defs/${definition}`, JSON.parse(ran.stdout));
    return (ajv.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`);
  }

  it('is that also without a server, and when something is wrong', async () => {
    const wrong = join(folder, 'wrong.ldif');
    await writeFile(wrong, 'dn: cn=Bad,cn=Mail Servers,cn=config\nobjectClass: ds-cfg-mail-server\n');
    expect(await problemsOffline('validated', 1, 'validate', wrong)).toEqual([]);
    const instance = ['--instance', join(folder, 'made')];
    expect(await problemsOffline('made', 0, 'init', ...instance)).toEqual([]);
    expect(await problemsOffline('checked', 0, 'check', ...instance)).toEqual([]);
    expect(await problemsOffline('backup', 0, 'backup', ...instance, join(folder, 'backup.tar'))).toEqual([]);
    expect(await problemsOffline('history', 0, 'history', ...instance, '--offline')).toEqual([]);
    await writeFile(join(folder, 'made', 'config', 'config.ldif'), 'nonsense\n');
    expect(await problemsOffline('checked', 1, 'check', ...instance)).toEqual([]);
    expect(await problemsOffline('encoded', 0, 'encode-password')).toEqual([]);
    const name = ['--server-name', 'Nowhere'];
    const sets = ['--set', 'enabled:true', '--set', 'smtp-server:localhost:1'];
    expect(await confdit('create-mail-server', ...name, ...sets)).toMatchObject({ code: 0 });
    for (const [definition, words] of [
      ['verified', ['verify-mail-server', ...name]],
      ['sent', ['send-test-message', ...name, '--from', 'a@example.com', '--to', 'b@example.com']],
    ] as const) {
      const { code, stdout, stderr } = await confdit(...words, '--json');
      expect({ code, stderr }).toEqual({ code: 1, stderr: '' });
      ajv.validate(`${SCHEMA_ID}#/$defs/${definition}`, JSON.parse(stdout));
      expect(ajv.errors).toBeNull();
      expect(JSON.parse(stdout)).toMatchObject({ successful: false });
    }
  });

  it('tells the properties as the schema says', async () => {
    const { stdout } = await runHere(['list-properties', '--advanced', '--json']);
    expect(ajv.validate(`${SCHEMA_ID}#/$defs/kinds`, JSON.parse(stdout))).toBe(true);
    expect(ajv.validate(`${SCHEMA_ID}#/$defs/plan`, JSON.parse(stdout))).toBe(false);
  });

  it('is in the schema for every command that has it', async () => {
    const schema: { $defs: Record<string, { description?: string }> } = JSON.parse(
      await readFile(SCHEMA, 'utf8'),
    );
    const told = Object.values(schema.$defs).map(({ description }) => description ?? '');
    const withJson = COMMANDS.filter(({ options }) => options.some(({ name }) => name === 'json'));
    const others = withJson.filter(({ name }) => !/^(create|list|get|set|rename|delete)-/.test(name));
    for (const { name } of others) expect(told.some((text) => text.split(/[ ,]/)[0] === name)).toBe(true);
    expect(others.map(({ name }) => name)).toContain('apply');
  });
});

// How much of the program a command loads: its own work, and not that of others. Modules are counted, and no time is taken.

import { mkdtemp, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { withFamilyLoaders } from '../../scripts/family-loaders.ts';
import { FAMILIES } from '../../src/cli/dsconfig/families.ts';
import { FAMILY_LOADERS } from '../../src/cli/dsconfig/family-loaders.ts';
import { objectFamilies } from '../../src/cli/dsconfig/object-family.ts';
import { dnOfReference } from '../../src/cli/dsconfig/reference-name.ts';
import { objectDefinitions } from '../../src/config/definitions.ts';
import { runConfdit } from '../support/confdit-program.ts';
import { removeFolder } from '../support/folders.ts';
import { type RunningServer, startServer } from '../support/start-server.ts';

const COUNTER = pathToFileURL(join(import.meta.dirname, '../support/preloads/count-modules.mjs')).href;
const LOADERS = join(import.meta.dirname, '../../src/cli/dsconfig/family-loaders.ts');
const LOGIN = ['--bindPassword:env', 'PASSWORD'];
/** The rooms of a running server. */
const SERVER = /^(?:server|operations|http|monitor|tasks|memory)\//;
/** The rooms and folders of work on the files of an instance. */
const OFFLINE = /^(?:store|history|configuration|cli\/offline)\//;

describe('a command loads', () => {
  let server: RunningServer;
  let folder: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'confdit-modules-'));
    server = await startServer();
  });

  afterAll(() => removeFolder(folder));

  async function modulesOf(...words: string[]): Promise<readonly string[]> {
    const CONFDIT_MODULES = join(folder, 'modules');
    const environment = {
      CONFDIT_MODULES,
      NODE_OPTIONS: `--import=${COUNTER}`,
      PASSWORD: server.password,
      CONFDIT_INSTANCE: server.folder,
      LDAP_PORT: String(server.port),
    };
    const { code, stderr } = await runConfdit(words, { environment, isFromSource: true });
    expect([code, stderr]).toEqual([0, '']);
    return (await readFile(CONFDIT_MODULES, 'utf8')).split('\n');
  }

  it('25 modules at most for the version', async () => {
    expect((await modulesOf('--version')).length).toBeLessThanOrEqual(25);
  });

  it.each([
    ['list-mail-servers'],
    ['dsconfig', '-q', '-X', 'list-root-dn-users'],
    ['dsconfig', '-q', '-X', 'get-connection-handler-prop', '--handler-name', 'LDAP'],
    ['create-trust-manager-provider', '--provider-name', 'New', '--type', 'blind', '--set', 'enabled:true'],
    ['set-trust-manager-provider-prop', '--provider-name', 'New', '--set', 'enabled:false'],
    ['delete-trust-manager-provider', '--provider-name', 'New', '--no-prompt'],
  ])('130 modules at most for a subcommand of dsconfig: %s %s', async (...words) => {
    const modules = await modulesOf(...words, ...LOGIN);
    expect(modules.length).toBeLessThanOrEqual(130);
    expect(modules.filter((path) => SERVER.test(path) || OFFLINE.test(path))).toEqual([]);
  });

  it.each([['status'], ['history'], ['reload'], ['resolve']])('no work on files for %s', async (name) => {
    const modules = await modulesOf(name, ...LOGIN);
    expect(modules.filter((path) => /^(?:store|history|cli\/offline)\//.test(path))).toEqual([]);
    expect(modules.filter((path) => SERVER.test(path))).toEqual([]);
  });

  it.each([
    ['history', '--offline'],
    ['diff', '1', '--offline'],
    ['check', '--help'],
    ['backup', 'b.tgz'],
  ])('no server for %s %s', async (...words) => {
    const modules = await modulesOf(...words.map((word) => (word === 'b.tgz' ? join(folder, word) : word)));
    expect(modules.filter((path) => /^(?:server|http|monitor|tasks|memory)\//.test(path))).toEqual([]);
  });
});

describe('what is loaded of the declarations', () => {
  it('has every kind of objects, with the types that it has among all', async () => {
    const loaded = await Promise.all(
      FAMILY_LOADERS.map(async ({ name, plural, load }) => {
        const [family, ...others] = objectFamilies(await load());
        expect(others).toEqual([]);
        expect([family?.name, family?.plural]).toEqual([name, plural]);
        return family;
      }),
    );
    expect(loaded).toEqual(FAMILIES);
  });

  it('is what `npm run generate` writes', async () => {
    const text = await readFile(LOADERS, 'utf8');
    expect(await withFamilyLoaders(text)).toBe(text);
  });

  it('has every kind that a property refers to', () => {
    const references = objectDefinitions.flatMap(({ properties }) =>
      properties.filter(({ type }) => type.target !== undefined),
    );
    expect(references.length).toBeGreaterThan(0);
    for (const property of references) {
      const target = objectDefinitions.find(({ kind }) => kind === property.type.target);
      const place = target && 'under' in target.location ? target.location.under : undefined;
      expect(dnOfReference(property, 'Main')).toBe(`${target?.namingAttribute}=Main,${place}`);
    }
  });
});

// Definitions of the site's schema in the configuration: what a start makes of those that have gone, and what uses one keeps it.

import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { ANONYMOUS, type Requester } from '../../src/backend/backend.ts';
import { PropertyValidator } from '../../src/config/property-validator.ts';
import { Configuration } from '../../src/configuration/configuration.ts';
import { loadEntries } from '../../src/configuration/loading/configuration-loader.ts';
import {
  loadSiteSchema,
  repeatWithSiteSchema,
  SITE_SCHEMA,
  SiteSchema,
} from '../../src/configuration/site-schema.ts';
import { WritePath } from '../../src/configuration/write/write-path.ts';
import type { Change } from '../../src/ldap/change.ts';
import { Dn } from '../../src/ldap/dn.ts';
import { Attribute } from '../../src/ldap/entry.ts';
import { MemoryStore } from '../../src/memory/memory-store.ts';
import { Runtime } from '../../src/runtime/runtime.ts';
import type { Commit } from '../../src/store/store.ts';
import { entriesOf, mail, openSchema, openSources, readProjectFile } from '../config/configuration.ts';

const FLOOR = `attributeTypes: ( 1.3.6.1.4.1.99999.1 NAME 'siteFloor' EQUALITY caseIgnoreMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 )`;
const NUMBER = `attributeTypes: ( 1.3.6.1.4.1.99999.2 NAME 'siteFloor' EQUALITY integerMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.27 )`;
const PLACE = `objectClasses: ( 1.3.6.1.4.1.99999.3 NAME 'sitePlace' SUP top AUXILIARY MAY siteFloor )`;
const EVERYBODY: Requester = { ...ANONYMOUS, privileges: new Set(['config-read', 'config-write']) };

async function newConfiguration() {
  const schema = openSchema();
  return new Configuration({
    schema,
    validator: new PropertyValidator({ schema, sources: await openSources() }),
  });
}

async function shipped(): Promise<Configuration> {
  const configuration = await newConfiguration();
  const entries = entriesOf(readProjectFile('config/config.ldif'));
  loadSiteSchema(configuration.schema, entries);
  loadEntries(configuration, entries, { at: new Date(0), by: 'cn=Test' }, randomUUID);
  return configuration;
}

function define(operation: 'add' | 'delete' | 'replace', ...definitions: readonly string[]): Change {
  const attribute = new Attribute(SITE_SCHEMA, definitions);
  return { type: 'modify', dn: Dn.parse('cn=config'), modifications: [{ operation, attribute }] };
}

function placed(name: string, siteFloor: string): Change {
  const objectClass = ['top', 'ds-cfg-mail-server', 'sitePlace'];
  return { type: 'add', entry: mail(name, { objectClass, siteFloor }) };
}

function removed(name: string): Change {
  return { type: 'delete', dn: mail(name).dn };
}

function commitsOf(...changes: readonly (Change | readonly Change[])[]): readonly Commit[] {
  return changes.map((one, index) => ({
    number: index + 1,
    at: new Date(0),
    by: 'cn=Test',
    id: randomUUID(),
    changes: 'type' in one ? [one] : one,
  }));
}

describe('the journal with definitions of the site', () => {
  it.each<readonly [string, readonly (Change | readonly Change[])[]]>([
    ['in commits of their own', [define('delete', FLOOR, PLACE), define('add', NUMBER, PLACE)]],
    ['in one commit', [define('replace', NUMBER, PLACE)]],
  ])('is repeated where one name got another OID and another syntax, %s', async (_, renamed) => {
    const configuration = await shipped();
    const before = [define('add', FLOOR, PLACE), placed('one', 'ground'), removed('one')];
    repeatWithSiteSchema(configuration, commitsOf(...before, ...renamed, placed('two', '3')));
    const { schema } = configuration;
    expect(schema.findAttributeType('siteFloor')?.oid).toBe('1.3.6.1.4.1.99999.2');
    expect(configuration.tree.find(schema.dnKey(mail('two').dn))?.values('sitefloor')).toEqual(['3']);
    expect(schema.added).toEqual([NUMBER, PLACE]);
  });

  it('is repeated where definitions come with the entries that use them, as an edit by hand brings them', async () => {
    const configuration = await shipped();
    repeatWithSiteSchema(configuration, commitsOf([define('add', FLOOR, PLACE), placed('one', 'ground')]));
    expect(configuration.schema.added).toEqual([FLOOR, PLACE]);
    repeatWithSiteSchema(configuration, commitsOf([removed('one'), define('delete', FLOOR, PLACE)]));
    expect(configuration.schema.findAttributeType('siteFloor')).toBeUndefined();
  });
});

describe('a definition of the site that an entry uses', () => {
  async function open() {
    const configuration = await shipped();
    const { schema, tree } = configuration;
    const runtime = new Runtime([new SiteSchema(schema, () => tree.stagedEntries())]);
    const means = { store: new MemoryStore(), now: () => new Date(0), log: { warn: () => {} } };
    const writePath = new WritePath({ target: configuration, runtime, ...means });
    const submit = (...changes: readonly Change[]) =>
      writePath.submitAll(
        changes.map((change) => ({ asked: [change], changes: () => [change] })),
        EVERYBODY,
      );
    await submit(define('add', FLOOR, PLACE));
    return { schema, submit };
  }
  const inUse = { message: expect.stringMatching(/cannot be changed or removed while cn=one,.* uses it/) };

  it('stays if the entry comes with its removal, or right before it', async () => {
    const { schema, submit } = await open();
    const gone = define('delete', FLOOR, PLACE);
    await expect(submit(placed('one', 'ground'), gone)).rejects.toMatchObject(inUse);
    const [added, refused] = await Promise.allSettled([submit(placed('one', 'ground')), submit(gone)]);
    expect(added.status).toBe('fulfilled');
    expect(refused).toMatchObject({ status: 'rejected', reason: inUse });
    expect(schema.added).toEqual([FLOOR, PLACE]);
  });

  it('is gone, or another one, for what is asked for right after its change', async () => {
    const { submit } = await open();
    const changes = [define('replace', NUMBER, PLACE), placed('one', 'ground'), placed('two', '2')];
    const [, refused, added] = await Promise.allSettled(changes.map((one) => submit(one)));
    expect(refused).toMatchObject({
      status: 'rejected',
      reason: { message: expect.stringContaining('siteFloor') },
    });
    expect(added?.status).toBe('fulfilled');
  });

  it('may go together with the last entry that uses it', async () => {
    const { schema, submit } = await open();
    await submit(placed('one', 'ground'));
    await submit(removed('one'), define('delete', FLOOR, PLACE));
    expect(schema.added).toEqual([]);
  });
});

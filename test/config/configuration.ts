// A configuration to try changes on: the schema files of the project, sources made of an environment, and a tree as
// simple as it can be, a map with the index of references beside it.

import { readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { expect } from 'vitest';
import { readLdif } from '../../src/codec/ldif-reader.ts';
import { expressionSyntaxes } from '../../src/config/expression-syntaxes.ts';
import { PropertyValidator } from '../../src/config/property-validator.ts';
import { ReferenceIndex } from '../../src/config/reference-index.ts';
import { Sources } from '../../src/expression/sources.ts';
import { Dn } from '../../src/ldap/dn.ts';
import { Entry } from '../../src/ldap/entry.ts';
import { formatIssue, type Issue } from '../../src/ldap/issue.ts';
import { ResultCode } from '../../src/ldap/result-code.ts';
import { Schema } from '../../src/schema/schema.ts';

const PROJECT = new URL('../../', import.meta.url);

export function readProjectFile(path: string): string {
  return readFileSync(new URL(path, PROJECT), 'utf8');
}

export const schema = openSchema();

export function openSchema(): Schema {
  const paths = readdirSync(new URL('schema/', PROJECT)).filter((name) => name.endsWith('.ldif'));
  const files = paths.sort().map((name) => ({ path: name, text: readProjectFile(`schema/${name}`) }));
  return Schema.parse(files, { syntaxes: expressionSyntaxes() });
}

export function openSources(environment: Readonly<Record<string, string>> = {}): Promise<Sources> {
  return Sources.open({ environment, directories: [], instanceFolder: tmpdir() });
}

export function entriesOf(ldif: string): Entry[] {
  return readLdif(ldif).flatMap((record) => (record.type === 'content' ? [record.entry] : []));
}

type Attributes = Readonly<Record<string, string | readonly string[]>>;

export function mail(name: string, attributes: Attributes = {}): Entry {
  return Entry.of(Dn.parse(`cn=${name},cn=Mail Servers,cn=config`), {
    objectClass: ['top', 'ds-cfg-mail-server'],
    cn: name,
    'ds-cfg-enabled': 'true',
    'ds-cfg-smtp-server': 'smtp.example.com',
    ...attributes,
  });
}

export function trust(name: string, attributes: Attributes = {}): Entry {
  return Entry.of(Dn.parse(`cn=${name},cn=Trust Manager Providers,cn=config`), {
    objectClass: ['top', 'ds-cfg-trust-manager-provider', 'ds-cfg-blind-trust-manager-provider'],
    cn: name,
    'ds-cfg-enabled': 'true',
    ...attributes,
  });
}

export function account(name: string, attributes: Attributes = {}): Entry {
  return Entry.of(Dn.parse(`cn=${name},cn=Root DNs,cn=config`), {
    objectClass: ['top', 'person', 'ds-cfg-root-dn-user'],
    cn: name,
    sn: name,
    'ds-privilege-name': ['config-read', 'config-write'],
    userPassword: '{SCRYPT}N=1024,r=8,p=1$c2FsdHNhbHRzYWx0$aGFzaGhhc2hoYXNoaGFzaA==',
    ...attributes,
  });
}

export function without(entry: Entry, ...keys: readonly string[]): Entry {
  return entry.withAttributes(entry.attributes.filter((attribute) => !keys.includes(attribute.key)));
}

export class Configuration {
  readonly validator: PropertyValidator;
  readonly #entries = new Map<string, Entry>();
  readonly #index = new ReferenceIndex();

  private constructor(validator: PropertyValidator) {
    this.validator = validator;
  }

  /** The shipped configuration, and these entries. */
  static async open(entries: readonly Entry[] = [], environment: Readonly<Record<string, string>> = {}) {
    const sources = await openSources(environment);
    const configuration = new Configuration(new PropertyValidator({ schema, sources }));
    for (const entry of [...entriesOf(readProjectFile('config/config.ldif')), ...entries])
      configuration.#put(entry);
    return configuration;
  }

  get entries(): readonly Entry[] {
    return [...this.#entries.values()];
  }

  get(dn: string): Entry {
    const entry = this.#entries.get(schema.dnKeyOfText(dn));
    if (entry === undefined) throw new Error(`There is no ${dn}.`);
    return entry;
  }

  /** The issues of putting the entry there, new or instead of the one there is. */
  checkPut(after: Entry): readonly Issue[] {
    const before = this.#entries.get(schema.dnKey(after.dn));
    this.#put(after);
    const issues = this.#validate(after.dn, before, after);
    if (before === undefined) this.#remove(after.dn);
    else this.#put(before);
    return issues;
  }

  /** Puts the entry there, or takes away the one with the name, if nothing is wrong with that; whether it was done. */
  change(dn: Dn, after: Entry | undefined): boolean {
    const before = this.#entries.get(schema.dnKey(dn));
    if (before === undefined && after === undefined) return false;
    const issues = after === undefined ? this.checkDelete(dn.toString()) : this.checkPut(after);
    if (issues.length > 0) return false;
    if (after === undefined) this.#remove(dn);
    else this.#put(after);
    return true;
  }

  checkDelete(dn: string): readonly Issue[] {
    const before = this.get(dn);
    this.#remove(before.dn);
    const issues = this.#validate(before.dn, before, undefined);
    this.#put(before);
    return issues;
  }

  #validate(dn: Dn, before: Entry | undefined, after: Entry | undefined): readonly Issue[] {
    const view = {
      find: (key: string) => this.#entries.get(key),
      referrers: (key: string) => this.#index.referrers(key),
    };
    return this.validator.validate({ key: schema.dnKey(dn), before, after }, view);
  }

  #put(entry: Entry): void {
    const key = schema.dnKey(entry.dn);
    this.#entries.set(key, entry);
    this.#index.set(key, this.validator.targetsOf(entry));
  }

  #remove(dn: Dn): void {
    const key = schema.dnKey(dn);
    this.#entries.delete(key);
    this.#index.set(key, []);
  }
}

/** `19 smtp-server`: what most tests look at. */
export function brief(issues: readonly Issue[]): readonly string[] {
  return issues.map((issue) =>
    [ResultCode[issue.code], issue.property].filter((part) => part !== undefined).join(' '),
  );
}

/** Expects one issue with this code and property, and gives its text. */
export function theOne(issues: readonly Issue[], expected: string): string {
  expect(brief(issues), issues.map(formatIssue).join('\n')).toEqual([expected]);
  return issues.map(formatIssue).join('\n');
}

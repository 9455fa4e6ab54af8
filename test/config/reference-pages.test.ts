// The pages under docs/reference, and the page about mail servers against the facts of PingDS's own.

import { readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { objectDefinitions } from '../../src/config/definitions.ts';
import { formatReferencePages } from '../../src/config/pages/reference-pages.ts';
import { readProjectFile } from './configuration.ts';

const FOLDER = 'docs/reference';
const pages = formatReferencePages(objectDefinitions);

describe('docs/reference', () => {
  it.each(pages.map((page) => [page.name, page.text] as const))(
    '%s is what the declarations say; if this fails, run "npm run generate"',
    (name, text) => expect(readProjectFile(`${FOLDER}/${name}`)).toBe(text),
  );

  it('has no page that nobody declares', () => {
    const files = readdirSync(new URL('../../docs/reference', import.meta.url));
    expect(files.sort()).toEqual(pages.map(({ name }) => name).sort());
  });

  it('links to headings that are there', () => {
    for (const { name, text } of pages) {
      for (const [, page = '', heading = ''] of text.matchAll(/\]\(([\w-]+\.md)?#([\w-]+)\)/g)) {
        const target = pages.find((other) => other.name === (page || name))?.text ?? '';
        expect(target, `${name} links to #${heading}`).toContain(`### ${heading}\n`);
      }
    }
  });

  it('gives every page a synopsis, its class and its place', () => {
    for (const { objectClass, kind } of objectDefinitions) {
      const text = pages.find(({ name }) => name === `${kind}.md`)?.text ?? '';
      expect(text).toContain(`| *Object class* | \`${objectClass.name}\``);
      expect(text).toMatch(/\| \*Entries\* \| .*cn=config/);
    }
  });
});

const COLUMNS = [
  'Default value',
  'Allowed values',
  'Multi-valued',
  'Required',
  'Admin action required',
  'Advanced',
  'Read-only',
] as const;

/** PingDS's page, in the order of the columns; words where the page has words, else what is written. */
const FACTS: Readonly<Record<string, readonly (string | RegExp)[]>> = {
  'auth-password': [/without logging in/, /string/i, 'No', 'No', 'None', 'No', 'No'],
  'auth-username': [/without logging in/, /string/i, 'No', 'No', 'None', 'No', 'No'],
  enabled: ['None', /^true or false\.$/, 'No', 'Yes', 'None', 'No', 'No'],
  'smtp-server': ['None', /host.*optionally.*colon.*port.*587/i, 'No', 'Yes', 'None', 'No', 'No'],
  'trust-manager-provider': [
    /an authority known to the runtime/,
    /existing trust-manager-provider.*enabled.*SSL or StartTLS/,
    'No',
    'No',
    /^None\. .*at once.*TLS connections that begin after it/,
    'No',
    'No',
  ],
  'use-ssl': [/^`false`$/, /^true or false\.$/, 'No', 'No', /must be disabled and enabled again/, 'No', 'No'],
  'use-start-tls': [/^`true`; /, /^true or false\.$/, 'No', 'No', 'None', 'No', 'No'],
  'smtp-property': [/no further options/i, /name, "=", and the value/, 'Yes', 'No', 'None', 'Yes', 'No'],
};

describe('the page about mail servers', () => {
  const page = readProjectFile(`${FOLDER}/mail-server.md`);
  const sections = new Map(
    page
      .split(/^### /m)
      .slice(1)
      .map((text) => [text.slice(0, text.indexOf('\n')), text] as const),
  );

  it('has the properties of the page of PingDS and ours', () => {
    const ours = ['connection-pool-size', 'priority', 'verification-interval'];
    expect([...sections.keys()].sort()).toEqual([...Object.keys(FACTS), ...ours].sort());
  });

  it.each(Object.entries(FACTS))('%s has its facts', (name, facts) => {
    const section = sections.get(name) ?? '';
    COLUMNS.forEach((column, index) => {
      const [, value = 'no row'] = new RegExp(`^\\| \\*${column}\\* \\| (.*) \\|$`, 'm').exec(section) ?? [];
      const fact = facts[index] ?? 'no fact';
      if (typeof fact === 'string') expect(value, `${column} of ${name}`).toBe(fact);
      else expect(value, `${column} of ${name}`).toMatch(fact);
    });
  });
});

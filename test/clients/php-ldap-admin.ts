// phpLDAPadmin: its settings, and what one does with its pages.

import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { ADMINISTRATOR, type RunningServer } from '../support/server-process.ts';
import { type AdministrationTool, WebPages } from './web-tools.ts';

const PACKAGE = 'phpldapadmin';
/** The pages of the schema, by what they are about, each about one definition: a page with all of them takes seconds. */
const SCHEMA_PAGES = {
  objectClasses: ['objectclasses', 'ds-cfg-mail-server'],
  attributeTypes: ['attributes', 'ds-cfg-smtp-server'],
  matchingRules: ['matching_rules', 'booleanMatch'],
} as const;

export function servePhpLdapAdmin({ port }: Pick<RunningServer, 'port'>): Promise<WebPages> {
  return WebPages.serve(PACKAGE, 'htdocs', async (folder) => {
    // Templates for people and groups: those that are not there are not offered.
    await rm(join(folder, 'templates'));
    for (const kind of ['creation', 'modification']) {
      await mkdir(join(folder, 'templates', kind), { recursive: true });
    }
    await writeFile(join(folder, 'config/config.php'), settings(port));
  });
}

function settings(port: number): string {
  return `<?php
$config->custom->appearance['language'] = 'en_US';
$servers = new Datastore();
$servers->newServer('ldap_pla');
$servers->setValue('server','name','confdit');
$servers->setValue('server','host','127.0.0.1');
$servers->setValue('server','port',${port});
$servers->setValue('login','auth_type','session');
$servers->setValue('login','bind_id','${ADMINISTRATOR}');
?>
`;
}

export class PhpLdapAdmin implements AdministrationTool {
  readonly #page: Page;
  readonly #url: string;

  constructor(page: Page, url: string) {
    this.#page = page;
    this.#url = url;
  }

  async logIn(password: string): Promise<string> {
    await this.#page.goto(this.#url);
    await this.#page.click('text=login');
    await this.#page.fill('input[name=login_pass]', password);
    await this.#page.click('input[name=submit]');
    await this.#page.getByText('Successfully logged into server').waitFor();
    return this.#page.innerText('body');
  }

  async schema(): Promise<ReadonlyMap<string, string>> {
    const found = new Map<string, string>();
    for (const [kind, [view, viewvalue]] of Object.entries(SCHEMA_PAGES)) {
      await this.#open('schema', { view, viewvalue });
      found.set(kind, await this.#shown());
    }
    return found;
  }

  async create(
    container: string,
    objectClass: string,
    values: Readonly<Record<string, string>>,
  ): Promise<string> {
    await this.#open('template_engine', { template: 'none', container });
    await this.#page.selectOption('select', objectClass);
    await this.#press('Proceed >>');
    await this.#page.selectOption('select[name="rdn_attribute[]"]', 'cn');
    for (const [name, value] of Object.entries(values)) await this.#fill(name, value);
    await this.#press('Create Object');
    await this.#press('Commit');
    return this.#outcome('was not|could not|Creation successful|successful');
  }

  async edit(dn: string, attribute: string, value: string): Promise<string> {
    await this.#open('template_engine', { dn });
    await this.#fill(attribute, value);
    await this.#press('Update Object');
    await this.#page.getByText('Do you want to make these changes?').waitFor();
    await this.#press('Update Object');
    return this.#outcome('could not|was modified');
  }

  async rename(dn: string, name: string): Promise<string> {
    await this.#open('template_engine', { dn });
    await this.#page.getByRole('link', { name: 'Rename', exact: true }).click();
    await this.#page.fill('input[name=new_rdn]', `cn=${name}`);
    await this.#press('Rename');
    return this.#outcome('could not|successful');
  }

  async exportEntry(dn: string): Promise<string> {
    await this.#open('export_form', { dn });
    await this.#page.check('input[value=LDIF]');
    await this.#press('Proceed >>');
    return this.#outcome('version: 1');
  }

  async remove(dn: string): Promise<string> {
    await this.#open('delete_form', { dn });
    await this.#press('Delete');
    return this.#outcome('could not|Successfully deleted');
  }

  async #open(command: string, words: Readonly<Record<string, string>>): Promise<void> {
    const query = new URLSearchParams({ cmd: command, server_id: '1', ...words });
    await this.#page.goto(`${this.#url}/cmd.php?${query}`);
  }

  #fill(attribute: string, value: string): Promise<void> {
    return this.#page.fill(`[name="new_values[${attribute}][0]"]`, value);
  }

  #press(button: string): Promise<void> {
    return this.#page.click(`input[type=submit][value="${button}"]`);
  }

  /** Waits until the page shows one of the words. */
  async #outcome(words: string): Promise<string> {
    const shown = this.#page.locator('.body', { hasText: new RegExp(words, 'i') }).first();
    await shown.waitFor();
    return shown.innerText();
  }

  #shown(): Promise<string> {
    return this.#page.locator('.body').first().innerText();
  }
}

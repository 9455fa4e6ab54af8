// LDAP Account Manager: its settings, and what one does in its tree view and its schema browser.

import { cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Locator, Page } from 'playwright-core';
import { ADMINISTRATOR, type RunningServer } from '../support/server-process.ts';
import { type AdministrationTool, unpackedFolder, WebPages } from './web-tools.ts';

const PACKAGE = 'ldap-account-manager';
/** What the schema browser is asked for. */
const DEFINITIONS = {
  objectClasses: ['objectClass', 'ds-cfg-mail-server'],
  attributeTypes: ['attribute', 'ds-cfg-smtp-server'],
  matchingRules: ['rule', 'booleanMatch'],
} as const;
const TREES = 'cn=config;cn=effective;cn=monitor;cn=tasks';
const AREA = '#ldap_actionarea';

/** As the scripts of the package would put its folders together. */
export function serveLam({ port }: Pick<RunningServer, 'port'>): Promise<WebPages> {
  return WebPages.serve(PACKAGE, '.', async (folder) => {
    const state = join(unpackedFolder(PACKAGE), 'var/lib', PACKAGE);
    const config = join(folder, 'config');
    // One file of it is a link to a folder that only an installed package has.
    const isTaken = (source: string) => !source.endsWith('/config.cfg');
    await cp(join(state, 'config'), config, { recursive: true, filter: isTaken });
    await cp(join(state, 'tmp'), join(folder, 'tmp'), { recursive: true });
    await mkdir(join(folder, 'sess'));
    await cp(join(config, 'config.cfg.sample'), join(config, 'config.cfg'));
    const profile = await readFile(join(config, 'unix.sample.conf'), 'utf8');
    await writeFile(join(config, 'lam.conf'), settings(profile, port));
  });
}

/** The sample without accounts of people: there are none. */
function settings(sample: string, port: number): string {
  return sample
    .replace(/^ServerURL:.*$/m, `ServerURL: ldap://127.0.0.1:${port}`)
    .replace(/^Admins:.*$/m, `Admins: ${ADMINISTRATOR}`)
    .replace(/^activeTypes:.*$/m, 'activeTypes:')
    .replace(/^types:.*$/gm, '')
    .replace(/^tools: treeViewSuffix:.*$/m, `tools: treeViewSuffix: ${TREES}`);
}

export class Lam implements AdministrationTool {
  readonly #page: Page;
  readonly #url: string;

  constructor(page: Page, url: string) {
    this.#page = page;
    this.#url = url;
  }

  async logIn(password: string): Promise<string> {
    await this.#page.goto(`${this.#url}/templates/login.php`);
    await this.#page.fill('input[name=passwd]', password);
    await this.#page.click('button[name=checklogin]');
    await this.#node('cn=config').waitFor();
    return this.#page.innerText('body');
  }

  async schema(): Promise<ReadonlyMap<string, string>> {
    const found = new Map<string, string>();
    for (const [kind, [display, sel]] of Object.entries(DEFINITIONS)) {
      const query = new URLSearchParams({ display, sel });
      await this.#page.goto(`${this.#url}/templates/schema/schema.php?${query}`);
      found.set(kind, await this.#page.innerText('body'));
    }
    return found;
  }

  async create(
    container: string,
    objectClass: string,
    values: Readonly<Record<string, string>>,
  ): Promise<string> {
    await this.#choose(container, 'Create a child entry');
    await this.#page.selectOption(`${AREA} select`, objectClass);
    await this.#page.click('#btn_next');
    for (const [name, value] of Object.entries(values)) await this.#page.fill(`#lam_attr_${name}`, value);
    await this.#page.click('#btn_save');
    return this.#outcome();
  }

  async edit(dn: string, attribute: string, value: string): Promise<string> {
    await this.#openTree(dn);
    await this.#page.fill(`${AREA} [data-attr-name="${attribute}"]`, value);
    await this.#page.click('#btn_savebutton');
    return this.#outcome();
  }

  rename(dn: string, name: string): Promise<string> {
    return this.edit(dn, 'cn', name);
  }

  async exportEntry(dn: string): Promise<string> {
    const query = new URLSearchParams({ tab: 'export', dn: base64(dn) });
    await this.#page.goto(`${this.#url}/templates/tools/importexport.php?${query}`);
    await this.#page.click('#btn_submitExport');
    await this.#page.locator('#statusExportDone').waitFor();
    return this.#page.innerText('#exportResults');
  }

  async remove(dn: string): Promise<string> {
    await this.#choose(dn, 'Delete');
    await this.#page.locator('.swal2-popup').getByText('Delete', { exact: true }).click();
    await this.#node(dn).waitFor({ state: 'detached' });
    return this.#page.innerText('body');
  }

  /** An entry of the context menu of a node. */
  async #choose(dn: string, word: string): Promise<void> {
    await this.#openTree(dn);
    await this.#node(dn).click({ button: 'right' });
    await this.#page.locator('.vakata-context').getByText(word, { exact: true }).click();
  }

  /** Loads the tree view, and opens the entry there. */
  async #openTree(dn: string): Promise<void> {
    const query = new URLSearchParams({ dn: base64(dn) });
    await this.#page.goto(`${this.#url}/templates/tools/treeView.php?${query}`);
    await this.#page.locator(`${AREA} .titleText`, { hasText: dn }).waitFor();
  }

  #node(dn: string): Locator {
    return this.#page.locator(`[id="${base64(dn)}_anchor"]`);
  }

  async #outcome(): Promise<string> {
    const message = this.#page.locator(`${AREA} .lam-status-message`).first();
    await message.waitFor();
    return message.innerText();
  }
}

/** As it hands names on. */
function base64(dn: string): string {
  return Buffer.from(dn).toString('base64');
}

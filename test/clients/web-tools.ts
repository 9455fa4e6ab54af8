// Directory administration tools that are web pages: PHP serves the pages of a Debian package that was unpacked, not
// installed, and Chromium without a window shows them to somebody who clicks.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Browser, chromium, type Page } from 'playwright-core';
import { removeFolder } from '../support/folders.ts';
import { freePort } from '../support/free-port.ts';
import { runProgram } from '../support/ldap-tools.ts';

/** Where `scripts/set-up.mjs` unpacks the packages. */
const UNPACKED = fileURLToPath(new URL('../../node_modules/.cache', import.meta.url));
const CHROMIUM = '/usr/bin/chromium';
const HOST = '127.0.0.1';
/** Root needs the first; the others keep the browser from work that no page asks for. */
const SWITCHES = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-background-networking',
  '--disable-component-update',
];
const WINDOW = { width: 1280, height: 900 };
/** Longer than any page takes on a busy machine. */
const PAGE_LIMIT_MS = 300_000;

/** What one does in such a tool. Each returns what is on the screen in the end. */
export interface AdministrationTool {
  logIn(password: string): Promise<string>;
  /** What the schema's pages show, by the kinds of definitions. */
  schema(): Promise<ReadonlyMap<string, string>>;
  create(container: string, objectClass: string, values: Readonly<Record<string, string>>): Promise<string>;
  edit(dn: string, attribute: string, value: string): Promise<string>;
  /** Gives the entry another value of `cn`. */
  rename(dn: string, name: string): Promise<string>;
  exportEntry(dn: string): Promise<string>;
  remove(dn: string): Promise<string>;
}

export function openBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath: CHROMIUM, args: SWITCHES });
}

export async function openPage(browser: Browser): Promise<Page> {
  const page = await browser.newPage({ viewport: WINDOW });
  page.setDefaultTimeout(PAGE_LIMIT_MS);
  return page;
}

/** Only where somebody wants to look: TOOL_PICTURES names a folder. */
export async function takePicture(page: Page, name: string): Promise<void> {
  const folder = process.env.TOOL_PICTURES;
  if (folder === undefined) return;
  await mkdir(folder, { recursive: true });
  await page.screenshot({ path: join(folder, `${name}.png`) });
}

/** The folder that a package was unpacked into. */
export function unpackedFolder(debianPackage: string): string {
  return join(UNPACKED, `confdit-${debianPackage}`);
}

/** Pages that PHP serves. */
export class WebPages {
  readonly url: string;
  readonly #folder: string;
  readonly #child: ChildProcess;
  #output = '';

  private constructor(child: ChildProcess, url: string, folder: string) {
    this.#child = child;
    this.url = url;
    this.#folder = folder;
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        this.#output += text;
      });
    }
  }

  /** Puts the pages of a package into a folder, lets `configure` write the settings there, and serves what is below `root`. */
  static async serve(
    debianPackage: string,
    root: string,
    configure: (folder: string) => Promise<void>,
  ): Promise<WebPages> {
    const folder = await mkdtemp(join(UNPACKED, 'confdit-pages-'));
    const pages = join(unpackedFolder(debianPackage), 'usr/share', debianPackage);
    // Links instead of copies, in the same file system: there are thousands of files, and none of them is written.
    const { code, stderr } = await runProgram('cp', ['-rPl', `${pages}/.`, folder]);
    if (code !== 0) throw new Error(stderr);
    await configure(folder);
    const port = await freePort();
    const settings = [
      `session.save_path=${folder}`,
      'display_errors=0',
      'log_errors=1',
      'error_log=/dev/stderr',
    ];
    const options = settings.flatMap((setting) => ['-d', setting]);
    const child = spawn('php', [...options, '-S', `${HOST}:${port}`, '-t', join(folder, root)], {
      env: { PATH: process.env.PATH, LDAPNOINIT: '1' },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const served = new WebPages(child, `http://${HOST}:${port}`, folder);
    await served.#isServing();
    return served;
  }

  /** The errors that the pages ended with. */
  get errors(): readonly string[] {
    return this.#output.split('\n').filter((line) => /PHP (Fatal|Parse) error|uncaught/i.test(line));
  }

  async stop(): Promise<void> {
    const ended = once(this.#child, 'close');
    if (this.#child.exitCode === null) {
      this.#child.kill();
      await ended;
    }
    await removeFolder(this.#folder);
  }

  async #isServing(): Promise<void> {
    while (!this.#output.includes('Development Server')) {
      if (this.#child.exitCode !== null) throw new Error(`PHP ended: ${this.#output}`);
      await Promise.race([once(this.#child.stderr ?? this.#child, 'data'), once(this.#child, 'close')]);
    }
  }
}

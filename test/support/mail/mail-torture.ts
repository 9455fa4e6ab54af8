// Messages under kills: a process spools and sends them to Postfix, and now the one, now the other is killed with -9 and
// started again. In the end every message that was accepted into the spool must have arrived. A message that arrived
// twice is one for which a kill came between the acceptance and the news of it, which SMTP cannot tell.

import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { Authority } from '../certificates.ts';
import { removeFolder } from '../folders.ts';
import type { MailTransferAgent } from './mail-transfer-agent.ts';
import { startPostfix } from './postfix.ts';

const PROGRAM = fileURLToPath(new URL('./mail-process.ts', import.meta.url));
/** How long Postfix may take to deliver what it has. */
const ARRIVAL_TIMEOUT_MS = 300_000;
const USER = { name: 'alice', password: 'torture-1' };

export interface MailTortureOptions {
  readonly messages: number;
  /** How often each of the two is killed. */
  readonly kills: number;
}

export interface MailTortureResult {
  /** Messages that the spool accepted, as far as was heard. */
  readonly accepted: number;
  /** Of those, what never arrived. */
  readonly lost: number;
  /** Handed over more than once. */
  readonly twice: number;
  /** What the process said may arrive twice; what it found out just before it was killed it could not say. */
  readonly unclear: number;
  readonly kills: number;
}

/** Throws when messages do not arrive in the time that is left to them. */
export async function tortureMail({ messages, kills }: MailTortureOptions): Promise<MailTortureResult> {
  const authority = await Authority.create();
  const folder = await mkdtemp(join(tmpdir(), 'confdit-mail-torture-'));
  const postfix = await startPostfix(await authority.issue(), USER);
  const run = new Run(folder, authority.certificateFile, postfix);
  try {
    const step = Math.floor(messages / (2 * kills + 1));
    run.start(messages);
    for (let kill = 1; kill <= kills; kill++) {
      await run.arrived(step * (2 * kill - 1));
      await postfix.kill();
      await postfix.start();
      await run.arrived(step * 2 * kill);
      await run.kill();
      run.start(Math.max(messages - run.accepted.size, 0));
    }
    await run.isEmpty();
    return { ...(await run.result()), kills: 2 * kills };
  } finally {
    await run.kill();
    await postfix.stop();
    await authority.remove();
    await removeFolder(folder);
  }
}

class Run {
  readonly accepted = new Set<string>();
  readonly #folder: string;
  readonly #authorityFile: string;
  readonly #postfix: MailTransferAgent;
  #child: ChildProcess | undefined;
  #isEmpty = false;
  /** Of this process, and of those before. */
  #unclear = 0;
  #unclearBefore = 0;
  #errors = '';

  constructor(folder: string, authorityFile: string, postfix: MailTransferAgent) {
    this.#folder = folder;
    this.#authorityFile = authorityFile;
    this.#postfix = postfix;
  }

  start(count: number): void {
    const port = String(this.#postfix.startTlsPort);
    const words = [PROGRAM, this.#folder, port, this.#authorityFile, USER.password, String(count)];
    const child = spawn(process.execPath, words, { stdio: ['ignore', 'pipe', 'pipe'] });
    this.#child = child;
    this.#unclearBefore += this.#unclear;
    this.#unclear = 0;
    child.stderr.on('data', (piece: Buffer) => {
      this.#errors += piece.toString('utf8');
    });
    createInterface(child.stdout).on('line', (line) => {
      const { spooled, empty, unclear } = JSON.parse(line);
      if (spooled !== undefined) this.accepted.add(spooled);
      if (unclear !== undefined) this.#unclear = unclear;
      if (empty === true) this.#isEmpty = true;
    });
  }

  async kill(): Promise<void> {
    const child = this.#child;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((resolve) => child.once('close', resolve));
    child.kill('SIGKILL');
    await ended;
  }

  /** So many messages, or all there are. */
  async arrived(count: number): Promise<void> {
    await this.#until(async () => this.#isEmpty || (await this.#postfix.count()) >= count);
  }

  async isEmpty(): Promise<void> {
    await this.#until(async () => this.#isEmpty);
  }

  async result(): Promise<Omit<MailTortureResult, 'kills'>> {
    const giveUpAtMs = Date.now() + ARRIVAL_TIMEOUT_MS;
    let deliveries = await this.#deliveries();
    const countLost = () => [...this.accepted].filter((messageId) => !deliveries.has(messageId)).length;
    while (countLost() > 0 && Date.now() < giveUpAtMs) {
      await new Promise((resolve) => setTimeout(resolve, 200));
      deliveries = await this.#deliveries();
    }
    return {
      accepted: this.accepted.size,
      lost: countLost(),
      twice: [...deliveries.values()].filter((queueIds) => queueIds.size > 1).length,
      unclear: this.#unclearBefore + this.#unclear,
    };
  }

  /** By Message-ID, under which names Postfix took it: it may itself deliver one twice when it is killed. */
  async #deliveries(): Promise<ReadonlyMap<string, ReadonlySet<string>>> {
    const found = new Map<string, Set<string>>();
    for (const text of await this.#postfix.messages()) {
      const messageId = /^Message-ID: (.*)$/im.exec(text)?.[1]?.trim() ?? '';
      const queueId = /\sid (\w+)/.exec(text)?.[1] ?? '';
      found.set(messageId, (found.get(messageId) ?? new Set()).add(queueId));
    }
    return found;
  }

  async #until(isSo: () => Promise<boolean>): Promise<void> {
    while (!(await isSo())) {
      if (this.#errors !== '') throw new Error(`The process that sends has failed: ${this.#errors}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}

// Alerts by themselves: who hears of what, how storms are folded, and what the mails say.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { AlertType } from '../../src/config/alert-types.ts';
import type { AlertHandlerSettings } from '../../src/mail/alert-handler.ts';
import { Alerts } from '../../src/mail/alerts.ts';
import { MailError, type OutgoingMessage } from '../../src/mail/outgoing-message.ts';

const FAILED: AlertType = 'confdit.MailServerFailed';
const CHANGED: AlertType = 'confdit.ConfigurationChanged';
const MINUTE_MS = 60_000;

const SETTINGS: AlertHandlerSettings = {
  sender: 'confdit@example.com',
  recipients: ['one@example.com', 'two@example.com'],
  subject: 'Alert %%alert-type%%: %%alert-message%%',
  body: 'Type: %%alert-type%%\\nId: %%ALERT-ID%%\\n\\n%%alert-message%%',
  enabledTypes: new Set(),
  disabledTypes: new Set(),
};

/** Alerts whose mails are kept, with a clock that stands still until it is told. */
class Bench {
  readonly mails: OutgoingMessage[] = [];
  readonly log: string[] = [];
  readonly alerts: Alerts;
  refusal: string | undefined;
  #nowMs = 0;
  #timers: { readonly atMs: number; readonly run: () => void }[] = [];

  constructor(settings: Partial<AlertHandlerSettings> = {}) {
    const note = (fields: object, message: string) => this.log.push(`${message} ${JSON.stringify(fields)}`);
    this.alerts = new Alerts({
      now: () => new Date(this.#nowMs),
      log: { info: note, warn: note },
      later: (ms, run) => {
        const timer = { atMs: this.#nowMs + ms, run };
        this.#timers.push(timer);
        return () => {
          this.#timers = this.#timers.filter((other) => other !== timer);
        };
      },
    });
    this.alerts.setHandler('one', { ...SETTINGS, ...settings });
  }

  start(): void {
    this.alerts.start({
      send: async (message) => {
        if (this.refusal !== undefined) throw new MailError(this.refusal);
        this.mails.push(message);
        return { id: '1', messageId: '<1@localhost>' };
      },
    });
  }

  pass(ms: number): void {
    this.#nowMs += ms;
    const due = this.#timers.filter(({ atMs }) => atMs <= this.#nowMs);
    this.#timers = this.#timers.filter((timer) => !due.includes(timer));
    for (const { run } of due) run();
  }
}

function started(settings: Partial<AlertHandlerSettings> = {}): Bench {
  const bench = new Bench(settings);
  bench.start();
  return bench;
}

describe('a mail', () => {
  it('has what happened in place of the tokens, in any case, and begins lines where it is told', () => {
    const { alerts, mails, log } = started();
    alerts.raise({ type: FAILED, message: 'cn=One does not answer.' });
    const [mail] = mails;
    const [, id] = /Id: (.*)/.exec(mail?.text ?? '') ?? [];
    expect(mail).toEqual({
      from: 'confdit@example.com',
      to: ['one@example.com', 'two@example.com'],
      subject: `Alert ${FAILED}: cn=One does not answer.`,
      text: `Type: ${FAILED}\nId: ${id}\n\ncn=One does not answer.\n`,
      headers: { 'Auto-Submitted': 'auto-generated' },
    });
    expect(log.join('\n')).toContain(id);
  });

  it('is broken between words at 75 columns; a long word stays whole', () => {
    const { alerts, mails } = started();
    const long = 'x'.repeat(100);
    alerts.raise({ type: FAILED, message: `${'word '.repeat(40)}${long} end` });
    const lines = (mails[0]?.text ?? '').split('\n');
    expect(lines.filter((line) => line.length > 75)).toEqual([long]);
    expect(lines.join(' ')).toContain(`${'word '.repeat(40)}${long} end`);
  });

  it('has one line as its subject, whatever the message is', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 2000 }), (message) => {
        const { alerts, mails } = started();
        alerts.raise({ type: FAILED, message: `a\r\nBcc: victim@example.com${message}` });
        expect(mails[0]?.subject).not.toMatch(/\p{Cc}/u);
        expect(mails[0]?.subject.length).toBeLessThanOrEqual(900);
      }),
    );
  });

  it('leaves tokens alone that a message has, and those that are none', () => {
    const { alerts, mails } = started({ body: '%%alert-message%% %%alert-other%%' });
    alerts.raise({ type: FAILED, message: '$& %%alert-id%% \\n' });
    expect(mails[0]?.text).toBe('$& %%alert-id%% \\n %%alert-other%%\n');
  });
});

describe('who hears of what', () => {
  const lower = (...types: readonly string[]) => new Set(types.map((type) => type.toLowerCase()));

  it.each([
    ['all, without types', {}, [FAILED, CHANGED]],
    ['the enabled types', { enabledTypes: lower(FAILED) }, [FAILED]],
    ['not the disabled types', { disabledTypes: lower(FAILED) }, [CHANGED]],
    [
      'a type that is both: no',
      { enabledTypes: lower(FAILED, CHANGED), disabledTypes: lower(CHANGED) },
      [FAILED],
    ],
  ] as const)('%s', (_, settings, expected) => {
    const { alerts, mails } = started(settings);
    for (const type of [FAILED, CHANGED]) alerts.raise({ type, message: 'x' });
    expect(mails.map(({ subject }) => subject)).toEqual(expected.map((type) => `Alert ${type}: x`));
    expect([FAILED, CHANGED].filter((type) => alerts.isWanted(type))).toEqual(expected);
  });

  it('nobody, after the handler is gone', () => {
    const { alerts, mails } = started();
    alerts.setHandler('one', undefined);
    alerts.raise({ type: FAILED, message: 'x' });
    expect(mails).toEqual([]);
    expect(alerts.counts).toEqual({ raised: 1, mailed: 0, failed: 0 });
  });

  it('what was raised before anybody could hear of it, as soon as somebody can', () => {
    const bench = new Bench();
    bench.alerts.raise({ type: FAILED, message: 'early' });
    expect(bench.mails).toEqual([]);
    bench.start();
    expect(bench.mails).toHaveLength(1);
  });
});

describe('a storm', () => {
  it('is one mail at once, and one for all that follows within a minute', () => {
    const bench = started();
    for (let count = 1; count <= 500; count++)
      bench.alerts.raise({ type: FAILED, message: `number ${count}.` });
    expect(bench.mails).toHaveLength(1);
    bench.pass(MINUTE_MS);
    expect(bench.mails).toHaveLength(2);
    const text = bench.mails[1]?.text ?? '';
    expect(text).toContain('number 2.');
    expect(text).toContain('498 more of this type were raised since:');
    expect(text).toContain('number 21.');
    expect(text).not.toContain('number 22.');
    expect(text).toContain('and 479 that are in the log only.');
  });

  it('that lasts a day is told of in growing pauses, and afterwards the next alert at once', () => {
    const bench = started();
    for (let minute = 0; minute < 24 * 60; minute++) {
      bench.alerts.raise({ type: FAILED, message: `minute ${minute}` });
      bench.pass(MINUTE_MS);
    }
    expect(bench.mails.length).toBeLessThan(35);
    bench.pass(2 * 60 * MINUTE_MS);
    bench.pass(2 * 60 * MINUTE_MS);
    const before = bench.mails.length;
    bench.alerts.raise({ type: FAILED, message: 'calm' });
    expect(bench.mails.length).toBe(before + 1);
  });

  it('of one type does not hide another', () => {
    const bench = started();
    for (let count = 1; count <= 5; count++) bench.alerts.raise({ type: FAILED, message: 'x' });
    bench.alerts.raise({ type: CHANGED, message: 'y' });
    expect(bench.mails.map(({ subject }) => subject)).toEqual([`Alert ${FAILED}: x`, `Alert ${CHANGED}: y`]);
  });

  it('is told of to its end when the server stops or the handler is changed', async () => {
    const bench = started();
    for (let count = 1; count <= 3; count++) bench.alerts.raise({ type: FAILED, message: `number ${count}` });
    bench.alerts.setHandler('one', SETTINGS);
    expect(bench.mails).toHaveLength(2);
    for (let count = 1; count <= 3; count++) bench.alerts.raise({ type: FAILED, message: `number ${count}` });
    await bench.alerts.close();
    expect(bench.mails).toHaveLength(4);
  });
});

it('a mail that is refused is counted and logged, and raises no alert', async () => {
  const bench = started();
  bench.refusal = 'The spool is full.';
  bench.alerts.raise({ type: FAILED, message: 'x' });
  await bench.alerts.close();
  expect(bench.alerts.counts).toEqual({ raised: 1, mailed: 0, failed: 1 });
  expect(bench.log.join('\n')).toContain('an alert could not be mailed {"problem":"The spool is full."}');
});

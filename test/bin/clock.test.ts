// What is due by the clock is done when the clock says so, also when somebody puts it forward, and not before a time that
// is longer than timers can be.

import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { clockOf } from '../../src/bin/clock.ts';
import { removeFolder } from '../support/folders.ts';
import { LdapTools } from '../support/ldap-tools.ts';
import { startServer } from '../support/start-server.ts';
import { taskDn, taskLdif, untilTask } from '../support/tasks.ts';

const MOVED_CLOCK = fileURLToPath(new URL('../support/preloads/moved-clock.mjs', import.meta.url));
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const TIMER_MAX = 2 ** 31 - 1;

/** A calendar and a steady clock that go only when they are told to. */
class TestClock {
  calendarMs = Date.UTC(2026, 10, 29);
  steadyMs = 1000;
  readonly #timers = new Set<{ readonly dueMs: number; readonly run: () => void }>();
  longestMs = 0;
  readonly clock = clockOf({
    calendarMs: () => this.calendarMs,
    steadyMs: () => this.steadyMs,
    timer: (ms, run) => {
      this.longestMs = Math.max(this.longestMs, ms);
      const timer = { dueMs: this.steadyMs + ms, run };
      this.#timers.add(timer);
      return () => this.#timers.delete(timer);
    },
  });

  get timerCount(): number {
    return this.#timers.size;
  }

  /** Time passes on both clocks. */
  pass(ms: number): void {
    for (const endMs = this.steadyMs + ms; ; ) {
      const next = [...this.#timers].toSorted((one, other) => one.dueMs - other.dueMs)[0];
      const untilMs = next === undefined || next.dueMs > endMs ? endMs : next.dueMs;
      this.calendarMs += untilMs - this.steadyMs;
      this.steadyMs = untilMs;
      if (next === undefined || next.dueMs > endMs) return;
      this.#timers.delete(next);
      next.run();
    }
  }
}

describe('a time that is waited for', () => {
  it.each([0, 1, MINUTE, DAY, 40 * DAY])('(%i ms) is over when it is over, and not before', (ms) => {
    const test = new TestClock();
    let times = 0;
    test.clock.later(ms, () => {
      times += 1;
    });
    if (ms > 0) test.pass(ms - 1);
    expect(times).toBe(0);
    test.pass(1);
    expect([times, test.timerCount]).toEqual([1, 0]);
    expect(test.longestMs).toBeLessThan(TIMER_MAX);
  });

  it('is over within a minute when the calendar is put forward', () => {
    const test = new TestClock();
    let isOver = false;
    test.clock.later(40 * DAY, () => {
      isOver = true;
    });
    test.pass(HOUR);
    test.calendarMs += 39 * DAY;
    test.pass(MINUTE);
    expect(isOver).toBe(false);
    test.calendarMs += DAY;
    test.pass(MINUTE);
    expect(isOver).toBe(true);
  });

  it('is not longer when the calendar is put back', () => {
    const test = new TestClock();
    let isOver = false;
    test.clock.later(HOUR, () => {
      isOver = true;
    });
    test.calendarMs -= 7 * DAY;
    test.pass(HOUR);
    expect(isOver).toBe(true);
  });

  it('is not waited for when that was prevented, at any time', () => {
    const test = new TestClock();
    const cancel = test.clock.later(HOUR, () => expect.unreachable());
    test.pass(30 * MINUTE);
    cancel();
    test.pass(DAY);
    expect(test.timerCount).toBe(0);
  });
});

describe('a server whose clock is put forward', () => {
  let folder: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'confdit-clock-'));
  });

  afterAll(() => removeFolder(folder));

  it('starts the task that is due by then', async () => {
    const file = join(folder, 'ahead');
    const environment = { NODE_OPTIONS: `--import=${MOVED_CLOCK}`, CONFDIT_TEST_CLOCK: file };
    const tools = new LdapTools(await startServer({ environment }));
    const at = (ms: number) =>
      `ds-task-scheduled-start-time: ${new Date(Date.now() + ms).toISOString().replace(/[-:T]|\.\d+/g, '')}`;
    expect((await tools.add(taskLdif('soon', 'ds-task-snapshot', [at(DAY)]))).code).toBe(0);
    expect((await tools.add(taskLdif('later', 'ds-task-snapshot', [at(40 * DAY)]))).code).toBe(0);
    await writeFile(file, String(2 * DAY));
    await untilTask(tools, taskDn('soon'), (state) => state === 'COMPLETED_SUCCESSFULLY');
    const [later] = await tools.entries(taskDn('later'), '-s', 'base');
    expect(later?.first('ds-task-state')).toBe('WAITING_ON_START_TIME');
  });
});

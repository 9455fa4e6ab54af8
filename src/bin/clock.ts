// The time as the server takes it: the calendar, and how to wait for a moment of it.

import type { Later } from '../mail/pauses.ts';

export interface Clock {
  readonly now: () => Date;
  readonly later: Later;
}

/** The sources that a clock is made of; a test has its own. */
export interface ClockSources {
  /** Milliseconds since 1970. People and NTP set it forward and back. */
  readonly calendarMs: () => number;
  /** Milliseconds of a clock that never goes back, and may stand still while the machine sleeps. */
  readonly steadyMs: () => number;
  /** Calls back after some milliseconds of the steady clock, 2^31 at most; returns how to prevent it. */
  readonly timer: (ms: number, run: () => void) => () => void;
}

/** How soon it is seen that the calendar was put forward. Also keeps timers far below the 31 bits that they have. */
const LOOK_MS = 10_000;

/**
 * Makes a clock from its sources. `later` calls back when either the calendar or the steady clock has advanced far enough.
 */
export function clockOf({ calendarMs, steadyMs, timer }: ClockSources): Clock {
  const later: Later = (ms, run) => {
    const [calendarEnd, steadyEnd] = [calendarMs() + ms, steadyMs() + ms];
    let cancel = () => {};
    const look = () => {
      const leftMs = Math.min(calendarEnd - calendarMs(), steadyEnd - steadyMs());
      if (leftMs <= 0) run();
      else cancel = timer(Math.min(leftMs, LOOK_MS), look);
    };
    cancel = timer(Math.min(Math.max(ms, 0), LOOK_MS), look);
    return () => cancel();
  };
  return { now: () => new Date(calendarMs()), later };
}

/** The clock of this machine. Its timers keep no process alive. */
export function systemClock(): Clock {
  return clockOf({
    calendarMs: () => Date.now(),
    steadyMs: () => performance.now(),
    timer: (ms, run) => {
      const timeout = setTimeout(run, ms).unref();
      return () => clearTimeout(timeout);
    },
  });
}

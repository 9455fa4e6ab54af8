import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { whileWorking } from '../../../src/cli/progress-bar.ts';
import { ERASE_LINE } from '../../../src/cli/terminal.ts';
import { passes } from '../../support/until.ts';

// The clock is the test's.
beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function output(isTTY: boolean) {
  const written: string[] = [];
  const stderr = { isTTY, write: (text: string) => written.push(text) > 0 } as NodeJS.Process['stderr'];
  return { stderr, written };
}

/** Lets this many milliseconds pass while the work goes on, and returns what comes of it. */
async function whilePassing<Result>(ms: number, work: Promise<Result>): Promise<Result> {
  const settled = work.catch(() => {});
  await vi.advanceTimersByTimeAsync(ms);
  await settled;
  return work;
}

describe('work of which nobody knows how far it has come', () => {
  it('is told of from the first second on, and takes its line away', async () => {
    const { stderr, written } = output(true);
    const work = passes(1500).then(() => 'done');
    expect(await whilePassing(1500, whileWorking(stderr, 'verifying', work))).toBe('done');
    expect(written).toEqual([`${ERASE_LINE}verifying 1 s`, ERASE_LINE]);
  });

  it('is not told of when it is quick, or nobody sees it', async () => {
    const quick = output(true);
    await whilePassing(10, whileWorking(quick.stderr, 'verifying', passes(10)));
    const unseen = output(false);
    await whilePassing(1200, whileWorking(unseen.stderr, 'verifying', passes(1200)));
    expect([...quick.written, ...unseen.written]).toEqual([]);
  });

  it('leaves no line behind when it fails', async () => {
    const { stderr, written } = output(true);
    const work = passes(1200).then(() => Promise.reject(new Error('refused')));
    await expect(whilePassing(1200, whileWorking(stderr, 'verifying', work))).rejects.toThrow('refused');
    expect(written.at(-1)).toBe(ERASE_LINE);
  });
});

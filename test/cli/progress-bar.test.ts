import { setTimeout } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { whileWorking } from '../../src/cli/progress-bar.ts';

function output(isTTY: boolean) {
  const written: string[] = [];
  const stderr = { isTTY, write: (text: string) => written.push(text) > 0 } as NodeJS.Process['stderr'];
  return { stderr, written };
}

describe('work of which nobody knows how far it has come', () => {
  it('is told of from the first second on, and takes its line away', async () => {
    const { stderr, written } = output(true);
    expect(await whileWorking(stderr, 'verifying', setTimeout(1500, 'done'))).toBe('done');
    expect(written).toEqual(['\r\u001B[Kverifying 1 s', '\r\u001B[K']);
  });

  it('is not told of when it is quick, or nobody sees it', async () => {
    const quick = output(true);
    await whileWorking(quick.stderr, 'verifying', setTimeout(10));
    const unseen = output(false);
    await whileWorking(unseen.stderr, 'verifying', setTimeout(1200));
    expect([...quick.written, ...unseen.written]).toEqual([]);
  });

  it('leaves no line behind when it fails', async () => {
    const { stderr, written } = output(true);
    const work = setTimeout(1200).then(() => Promise.reject(new Error('refused')));
    await expect(whileWorking(stderr, 'verifying', work)).rejects.toThrow('refused');
    expect(written.at(-1)).toBe('\r\u001B[K');
  });
});

import { describe, expect, it } from 'vitest';
import { reachCommit } from '../../../src/configuration/write/reach-commit.ts';
import { StoreError } from '../../../src/store/store-error.ts';

/** A server that shows some commits, of those that others have stored. */
function serverAt(shown: number, stored: number, each = 2) {
  let number = shown;
  const follow = async () => {
    number = Math.min(number + each, stored);
  };
  return { foreign: { has: async (wanted: number) => wanted <= stored }, follow, shown: () => number };
}

describe('a commit that a client knows from another server', () => {
  it('is waited for, however often there is something to make', async () => {
    const server = serverAt(3, 11);
    await reachCommit(10, server);
    expect(server.shown()).toBeGreaterThanOrEqual(10);
  });

  it('is there if the watch makes it while it is asked for', async () => {
    let number = 3;
    const has = async () => {
      number = 10;
      return true;
    };
    await reachCommit(10, { foreign: { has }, follow: async () => {}, shown: () => number });
    expect(number).toBe(10);
  });

  it('is not waited for if nobody has stored it', async () => {
    const server = serverAt(3, 9);
    await reachCommit(10, server);
    expect(server.shown()).toBe(3);
  });

  it('is not known while the log is away, cannot be read, or says nothing', async () => {
    const away = {
      ...serverAt(3, 11),
      foreign: { has: () => Promise.reject(new StoreError('etcd is away.')) },
    };
    await expect(reachCommit(10, away)).rejects.toMatchObject({
      name: 'LdapError',
      message: expect.stringMatching(/Change 10, .* etcd is away\. Come again with the same cookie/),
    });
    await expect(reachCommit(10, serverAt(3, 11, 0))).rejects.toThrow('this server cannot read it now');
    const silent = { ...serverAt(3, 11), foreign: { has: () => new Promise<boolean>(() => {}) } };
    const timer = (_: number, run: () => void) => {
      const timeout = setImmediate(run);
      return () => clearImmediate(timeout);
    };
    await expect(reachCommit(10, { ...silent, timer })).rejects.toThrow('it was not here within 10 seconds');
  });
});

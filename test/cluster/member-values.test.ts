// What a server says of itself, within the limits of those who read it.

import { randomUUID } from 'node:crypto';
import { expect, it } from 'vitest';
import { type About, bounded, MemberReader, sealed } from '../../src/cluster/member-values.ts';
import { codes } from '../support/cluster/test-servers.ts';

const PREFIX = '/values/servers/';
/** Octets of a value that others keep. */
const KEPT_MAX = 65_536;

function aboutWith(text: string): About {
  const texts = Array.from({ length: 200 }, () => text.repeat(1000));
  return {
    name: text.repeat(300),
    version: '1',
    urls: texts,
    number: 1,
    head: 1,
    since: 1,
    at: 1,
    isStopped: false,
    notInForce: ['short', ...texts],
    waiting: 0,
    problem: text.repeat(2000),
  };
}

it('what a server says is never larger than others read, whatever letters it has', () => {
  for (const text of ['x', '"', '\\', '漢', '\u{1f600}', '\ud800']) {
    const id = randomUUID();
    const value = sealed(codes, id, 'about', bounded(aboutWith(text)));
    expect(value.length).toBeLessThan(KEPT_MAX);
    const key = { key: `${PREFIX}${id}/about`, value, createRevision: 1n, modRevision: 1n, lease: 0n };
    const [known] = new MemberReader(PREFIX, codes).read(new Map([[key.key, key]]));
    expect(known?.about.notInForce[0]).toBe('short');
    expect(known?.about.urls.length).toBeGreaterThan(0);
  }
});

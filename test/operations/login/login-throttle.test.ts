import { Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { LdapError } from '../../../src/ldap/ldap-error.ts';
import { nameOfResultCode } from '../../../src/ldap/result-code.ts';
import { networkOf } from '../../../src/operations/login/login-source.ts';
import { LoginThrottle, type RefusedLogins } from '../../../src/operations/login/login-throttle.ts';
import { AddressCounts } from '../../../src/server/connection/address-counts.ts';

const LIMITS = { failuresMax: 6, refusalMs: 60_000, forgetMs: 300_000 };
const HERE = { address: '127.0.0.1', isLocal: true };
const THERE = { address: '192.0.2.1', isLocal: false };

/** A throttle whose clock goes forward only when somebody sleeps or the test says so. */
function open() {
  const clock = { ms: 1_000, slept: 0 };
  const sleep = async (ms: number) => {
    clock.ms += ms;
    clock.slept += ms;
  };
  const told: string[] = [];
  const refused = ({ whose, failures, forMs }: RefusedLogins) => told.push(`${failures} ${whose}, ${forMs}`);
  return { clock, told, throttle: new LoginThrottle({ now: () => clock.ms, sleep, refused }, LIMITS) };
}

async function codeOf(admitted: Promise<void>): Promise<string> {
  try {
    await admitted;
    return 'admitted';
  } catch (error) {
    return error instanceof LdapError ? nameOfResultCode(error.code) : 'another error';
  }
}

async function fail(
  throttle: LoginThrottle,
  source: typeof HERE,
  name: string,
  times: number,
): Promise<void> {
  for (let index = 0; index < times; index++) {
    await throttle.admit(source, name);
    throttle.failed(source, name);
  }
}

describe('failed logins', () => {
  it('cost nothing up to the third, then more each time', async () => {
    const { clock, throttle } = open();
    await fail(throttle, HERE, 'admin', 3);
    expect(throttle.mayTryNow(HERE, 'admin')).toBe(true);
    await fail(throttle, HERE, 'admin', 1);
    expect(clock.slept).toBe(0);
    const waits = [];
    for (let index = 0; index < 2; index++) {
      const before = clock.slept;
      await fail(throttle, HERE, 'admin', 1);
      waits.push(clock.slept - before);
    }
    expect(waits).toEqual([100, 200]);
  });

  it('are refused in the end, also with the right password, and admitted again after a while', async () => {
    const { clock, throttle } = open();
    await fail(throttle, HERE, 'admin', 6);
    expect(throttle.mayTryNow(HERE, 'admin')).toBe(false);
    expect(await codeOf(throttle.admit(HERE, 'admin'))).toBe('invalidCredentials');
    clock.ms += LIMITS.refusalMs;
    expect(await codeOf(throttle.admit(HERE, 'admin'))).toBe('admitted');
  });

  it('with one name leave other names of this machine alone', async () => {
    const { throttle } = open();
    for (const name of ['a', 'b', 'c', 'd', 'e', 'f', 'g']) await fail(throttle, HERE, name, 6);
    expect(throttle.mayTryNow(HERE, 'admin')).toBe(true);
  });

  it('are told of when they begin to be refused, once for each refusal', async () => {
    const { clock, told, throttle } = open();
    await fail(throttle, HERE, 'admin', 6);
    expect(await codeOf(throttle.admit(HERE, 'admin'))).toBe('invalidCredentials');
    expect(told).toEqual(['6 with the name "admin" from 127.0.0.1, 60000']);
    clock.ms += 61_000;
    await fail(throttle, HERE, 'admin', 6);
    expect(told).toHaveLength(2);
  });

  it('from many addresses, or with many names, are told of as that', async () => {
    const many = open();
    for (let index = 0; index < 30; index++) {
      await fail(many.throttle, { address: `192.0.2.${index}`, isLocal: false }, 'admin', 1);
    }
    expect(many.told).toEqual(['30 with the name "admin" from many addresses, 60000']);
    const one = open();
    for (let index = 0; index < 30; index++) await fail(one.throttle, THERE, `name ${index}`, 1);
    expect(one.told).toEqual(['30 from 192.0.2.1, 60000']);
  });

  it('with many names from one address are refused for the address', async () => {
    const { throttle } = open();
    for (const name of ['a', 'b', 'c', 'd', 'e', 'f']) await fail(throttle, THERE, name, 5);
    expect(await codeOf(throttle.admit(THERE, 'admin'))).toBe('invalidCredentials');
    expect(throttle.mayTryNow(HERE, 'admin')).toBe(true);
    expect(throttle.mayTryNow({ address: '192.0.2.2', isLocal: false }, 'admin')).toBe(true);
  });

  it('from many addresses refuse a name only to those that have never logged in with it', async () => {
    const { throttle } = open();
    throttle.succeeded(THERE, 'admin');
    for (let last = 10; last < 16; last++)
      await fail(throttle, { address: `192.0.2.${last}`, isLocal: false }, 'admin', 5);
    expect(await codeOf(throttle.admit({ address: '192.0.2.99', isLocal: false }, 'admin'))).toBe(
      'invalidCredentials',
    );
    expect(await codeOf(throttle.admit(THERE, 'admin'))).toBe('admitted');
    expect(await codeOf(throttle.admit(HERE, 'admin'))).toBe('admitted');
  });

  it('are forgotten after a success, and with time', async () => {
    const { clock, throttle } = open();
    await fail(throttle, HERE, 'admin', 5);
    throttle.succeeded(HERE, 'admin');
    expect(throttle.mayTryNow(HERE, 'admin')).toBe(true);
    await fail(throttle, HERE, 'admin', 5);
    clock.ms += LIMITS.forgetMs;
    expect(throttle.mayTryNow(HERE, 'admin')).toBe(true);
  });

  it('that come all at once wait in line, and the line has an end', async () => {
    const { throttle, clock } = open();
    await fail(throttle, HERE, 'admin', 5);
    const waiting = Array.from({ length: 200 }, () => codeOf(new LoginLine(throttle, clock).join()));
    expect(new Set(await Promise.all(waiting))).toEqual(new Set(['admitted', 'busy']));
  });

  it('of ever new names take no more than a bounded memory', async () => {
    const { throttle } = open();
    await fail(throttle, HERE, 'admin', 6);
    for (let index = 0; index < 10_000; index++) throttle.failed(HERE, `name ${index}`);
    expect(throttle.mayTryNow(HERE, 'admin')).toBe(true);
    expect(throttle.mayTryNow(HERE, 'name 9999')).toBe(true);
  });
});

/** Joins the line at one moment: the clock does not go on for those that wait. */
class LoginLine {
  readonly #throttle: LoginThrottle;
  readonly #clock: { ms: number };

  constructor(throttle: LoginThrottle, clock: { ms: number }) {
    this.#throttle = throttle;
    this.#clock = clock;
  }

  async join(): Promise<void> {
    const { ms } = this.#clock;
    const admitted = this.#throttle.admit(HERE, 'admin');
    this.#clock.ms = ms;
    await admitted;
  }
}

describe('the network that failures are counted for', () => {
  it.each([
    ['192.0.2.1', '192.0.2.1'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:db8::1', '2001:db8:0:0::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
    ['2001:0DB8:0001:0002::', '2001:db8:1:2::/64'],
    ['::ffff:c000:0201', '192.0.2.1'],
    ['0:0:0:0:0:FFFF:192.0.2.1', '192.0.2.1'],
    ['64:ff9b::192.0.2.1', '192.0.2.1'],
    ['::1.2.3.4', '0:0:0:0::/64'],
    ['local', 'local'],
  ])('of %s is %s', (address, network) => {
    expect(networkOf(address)).toBe(network);
  });
});

describe('the connections of one address', () => {
  function open(counts: AddressCounts, remoteAddress: string) {
    const socket = new Socket();
    Object.defineProperty(socket, 'remoteAddress', { value: remoteAddress });
    return { isAdmitted: counts.admit(socket, 2), close: () => socket.emit('close') };
  }

  it.each([
    ['2001:db8:1:2::1', '2001:db8:1:2:ffff::9', '2001:db8:1:3::1'],
    ['192.0.2.1', '::ffff:192.0.2.1', '::ffff:192.0.2.2'],
  ])('%s and %s are counted together, and %s by itself', (one, same, other) => {
    const counts = new AddressCounts();
    const first = open(counts, one);
    expect([first.isAdmitted, open(counts, same).isAdmitted]).toEqual([true, true]);
    expect([one, same].map((address) => open(counts, address).isAdmitted)).toEqual([false, false]);
    expect(open(counts, other).isAdmitted).toBe(true);
    first.close();
    expect(open(counts, same).isAdmitted).toBe(true);
  });

  it('of this machine are not counted', () => {
    const counts = new AddressCounts();
    const opened = ['::1', '127.0.0.1', '::ffff:127.0.0.2'].flatMap((address) => new Array(5).fill(address));
    expect(opened.every((address) => open(counts, address).isAdmitted)).toBe(true);
  });
});

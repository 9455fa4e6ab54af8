import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { PropertyType } from '../../src/config/property-type.ts';
import { Secret } from '../../src/config/secret.ts';
import { addressMask } from '../../src/config/types/address-mask.ts';
import { boolean } from '../../src/config/types/boolean.ts';
import { dn, reference } from '../../src/config/types/dn.ts';
import { duration } from '../../src/config/types/duration.ts';
import { enumeration } from '../../src/config/types/enumeration.ts';
import { fixedValue } from '../../src/config/types/fixed-value.ts';
import { host, hostPort, ipAddress, listenAddress } from '../../src/config/types/host-port.ts';
import { integer, port } from '../../src/config/types/integer.ts';
import { mailAddress } from '../../src/config/types/mail-address.ts';
import { nameValue } from '../../src/config/types/name-value.ts';
import { password } from '../../src/config/types/password.ts';
import { secret } from '../../src/config/types/secret.ts';
import { size } from '../../src/config/types/size.ts';
import { filePath, string } from '../../src/config/types/string.ts';
import { unsupported } from '../../src/config/types/unsupported.ts';

function value<T>(type: PropertyType<T>, text: string): T {
  const parsed = type.parse(text);
  if (parsed.problem !== undefined) throw new Error(`${JSON.stringify(text)} ${parsed.problem}`);
  return parsed.value;
}

function problem<T>(type: PropertyType<T>, text: string): string | undefined {
  const parsed = type.parse(text);
  return parsed.problem === undefined ? undefined : `${parsed.problem}. ${parsed.advice ?? ''}`;
}

function givesBack<T>(type: PropertyType<T>, text: string): void {
  const first = value(type, text);
  expect(value(type, type.format(first))).toEqual(first);
}

describe('boolean', () => {
  it.each(['true', 'TRUE', 'True', ' true '])('takes %s', (text) =>
    expect(value(boolean(), text)).toBe(true),
  );
  it.each(['false', 'FALSE', 'fAlSe'])('takes %s', (text) => expect(value(boolean(), text)).toBe(false));
  it.each([
    ['yes', 'Write true.'],
    ['0', 'Write false.'],
    ['ture', 'Write true.'],
    ['flase', 'Write false.'],
    ['', 'Write true or false.'],
    ['maybe', 'Write true or false.'],
  ])('refuses "%s" and says: %s', (text, advice) => expect(problem(boolean(), text)).toContain(advice));
});

describe('integer', () => {
  const percent = integer({ lowest: 0, highest: 100, unit: 'percent' });
  it.each([
    ['0', 0],
    ['-0', 0],
    ['100', 100],
    ['007', 7],
  ])('takes %s', (text, number) => {
    expect(value(percent, text)).toBe(number);
  });
  it.each(['', '1.5', '1e3', ' 1', '+1', 'x', '101', '-1', '99999999999999999'])('refuses "%s"', (text) => {
    expect(problem(percent, text)).toContain('from 0 to 100');
  });
  it('says in words what it takes', () => expect(percent.allowed).toBe('An integer from 0 to 100 (percent)'));
  it('takes no number that would be rounded', () => {
    expect(problem(integer(), '9007199254740993')).toBeDefined();
    expect(value(integer(), '-9007199254740991')).toBe(-9007199254740991);
  });
  it.each(['0', '65536', '70000', '-1'])('has no port %s', (text) => {
    expect(problem(port(), text)).toContain('from 1 to 65535');
  });
});

describe('string and file path', () => {
  it.each(['', '  ', '\udc80'])('refuses %j', (text) => expect(problem(string(), text)).toBeDefined());
  it('keeps what was written', () => expect(value(string(), ' Ä b ')).toBe(' Ä b '));
  it('follows its pattern', () => {
    const letters = string({ pattern: /^[a-z]+$/, patternInWords: 'of small letters' });
    expect(value(letters, 'abc')).toBe('abc');
    expect(problem(letters, 'a1')).toContain('of small letters');
  });
  it('is not longer than allowed', () =>
    expect(problem(string({ charactersMax: 3 }), 'abcd')).toContain('3'));
  it('has no NUL in a path', () => expect(problem(filePath(), 'a\0b')).toContain('NUL'));
  it('takes a path', () =>
    expect(value(filePath(), 'config/trust store.p12')).toBe('config/trust store.p12'));
});

describe('mail address', () => {
  it.each([
    'a@b',
    'alerts@example.com',
    "first.last+tag'x@mail.example.com",
    'ä@bücher.example',
    `${'x'.repeat(64)}@example.com`,
  ])('takes %s', (text) => expect(value(mailAddress(), text)).toBe(text));
  it.each([
    '',
    'nobody',
    '@example.com',
    'a@',
    'a@.example.com',
    'a@example..com',
    'a@-example.com',
    '.a@example.com',
    'a.@example.com',
    'a..b@example.com',
    'a b@example.com',
    'a@b@c',
    'A <a@example.com>',
    'a@example.com\nBcc: b@example.com',
    '"a"@example.com',
    'a@[127.0.0.1]',
    `${'x'.repeat(65)}@example.com`,
    `a@${'x'.repeat(64)}.com`,
    `a@${'x.'.repeat(150)}com`,
    '\udc80@example.com',
  ])('refuses %j', (text) => expect(problem(mailAddress(), text)).toContain('alerts@example.com'));
});

describe('host and IP address', () => {
  it.each(['smtp.example.com', 'localhost', '127.0.0.1', '::1'])('%s is a host', (text) =>
    expect(value(host(), text)).toBe(text),
  );
  it.each(['', 'a b', 'a:25', '[::1]', '1.2.3', '-a'])('"%s" is no host', (text) =>
    expect(problem(host(), text)).toContain('Write a name'),
  );
  it.each(['127.0.0.1', '2001:db8::1'])('%s is an IP address', (text) =>
    expect(value(ipAddress(), text)).toBe(text),
  );
  it.each(['', 'localhost', '127.1', '[::1]'])('"%s" is no IP address', (text) =>
    expect(problem(ipAddress(), text)).toContain('is not an IP address'),
  );
});

describe('fixed value', () => {
  const kept = fixedValue({ words: ['reject', 'refuse'], problem: 'cannot be had' });
  it('takes the words, in any case', () => expect(value(kept, ' REFUSE ')).toBe('refuse'));
  it('refuses every other with the reason and what to do', () => {
    expect(kept.parse('accept')).toEqual({
      problem: 'cannot be had',
      advice: 'Leave it out, or write reject or refuse.',
      code: 'unwillingToPerform',
    });
  });
  const exact = fixedValue({ words: ['a.B'], problem: 'no', caseSensitive: true });
  it('tells cases apart where it must', () => expect(problem(exact, 'a.b')).toContain('no'));
});

describe('unsupported', () => {
  it('refuses whatever is written, and says what to write', () => {
    const type = unsupported({ problem: 'is not needed', advice: (text) => `Write $<file:${text}>.` });
    expect(type.parse('config/pin')).toEqual({
      problem: 'is not needed',
      advice: 'Write $<file:config/pin>.',
      code: 'unwillingToPerform',
    });
    expect(problem(type, `${'x'.repeat(1000)}\n`)?.length).toBeLessThan(200);
    expect(problem(unsupported({ problem: 'no', advice: 'Leave it out.' }), '')).toBe('no. Leave it out.');
  });
});

describe('enumeration', () => {
  const kind = enumeration(['JKS', 'PKCS12']);
  it('takes any case and gives the declared word', () => expect(value(kind, 'pkcs12')).toBe('PKCS12'));
  it('names the nearest word', () => expect(problem(kind, 'PKS12')).toContain('Did you mean PKCS12?'));
  it('lists the words', () =>
    expect(problem(kind, 'PEM')).toBe('is not one of the allowed values. Allowed: JKS, PKCS12.'));
});

describe('duration', () => {
  const any = duration({ allowUnlimited: true });
  it.each([
    ['1 s', 1000],
    ['2 w', 1_209_600_000],
    ['1h 30m', 5_400_000],
    ['1 H 30 M 5 ms', 5_400_005],
    ['1.5 m', 90_000],
    ['0.1 s', 100],
    ['250ms', 250],
    ['0 s', 0],
    ['2 days', 172_800_000],
    ['unlimited', Infinity],
    ['-1', Infinity],
  ])('takes %s', (text, ms) => expect(value(any, text)).toBe(ms));
  it.each([
    '',
    '5',
    's',
    '1 x',
    '1 m 1 h',
    '1 s 1 s',
    '1.5 h 1 m',
    '-1 s',
    '1 s!',
    '0.0001 s',
    '9999999999 w',
  ])('refuses "%s"', (text) => expect(problem(any, text)).toBeDefined());
  it('is unlimited only where allowed', () =>
    expect(problem(duration(), 'unlimited')).toContain('is not a duration'));
  it('keeps its range', () => {
    const ranged = duration({ lowestMs: 1000, highestMs: 60_000 });
    expect(problem(ranged, '999 ms')).toBe('is too short. Write a duration of at least 1 s and at most 1 m.');
    expect(problem(ranged, '61 s')).toContain('is too long');
  });
  it('writes what it reads', () => {
    fc.assert(
      fc.property(fc.nat({ max: 10 ** 12 }), (ms) => {
        expect(value(any, any.format(ms))).toBe(ms);
      }),
    );
  });
  it('takes time in proportion to the text', () => {
    expect(problem(any, '1 '.repeat(1_000_000))).toBeDefined();
  });
});

describe('size', () => {
  const any = size({ allowUnlimited: true });
  it.each([
    ['5 MB', 5_000_000],
    ['5 megabytes', 5_000_000],
    ['4096 bytes', 4096],
    ['5mb', 5_000_000],
    ['64 KiB', 65_536],
    ['1.5 kb', 1500],
    ['10 b', 10],
    ['0 b', 0],
    ['unlimited', Infinity],
  ])('takes %s', (text, bytes) => expect(value(any, text)).toBe(bytes));
  it.each(['', '5', 'MB', '5 XB', '-5 b', '5 MB 3 kb', '9999999999 tib'])('refuses "%s"', (text) => {
    expect(problem(any, text)).toBeDefined();
  });
  it('keeps its range', () => {
    const ranged = size({ lowestBytes: 1024, highestBytes: 5_000_000 });
    expect(problem(ranged, '1 kb')).toContain(
      'is too small. Write a size of at least 1 KiB and at most 5 MB',
    );
    expect(problem(ranged, '6 mb')).toContain('is too large');
  });
  it('writes what it reads', () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), (bytes) => {
        expect(value(any, any.format(bytes))).toBe(bytes);
      }),
    );
  });
});

describe('host and port', () => {
  const smtp = hostPort(587);
  it.each([
    ['smtp.example.com', 'smtp.example.com', 587],
    ['smtp.example.com:25', 'smtp.example.com', 25],
    ['smtp.example.com.:25', 'smtp.example.com.', 25],
    ['localhost', 'localhost', 587],
    ['192.0.2.1:465', '192.0.2.1', 465],
    ['[2001:db8::1]:25', '2001:db8::1', 25],
    ['[::1]', '::1', 587],
    ['::1', '::1', 587],
    ['2001:db8::25', '2001:db8::25', 587],
    ['mail_1', 'mail_1', 587],
    ['xn--bcher-kva.example', 'xn--bcher-kva.example', 587],
    ['Bücher.example:25', 'Bücher.example', 25],
    ['почта.example', 'почта.example', 587],
    ['例え.テスト.', '例え.テスト.', 587],
  ])('takes %s', (text, host, number) => expect(value(smtp, text)).toEqual({ host, port: number }));
  it.each([
    '',
    ':25',
    'a:',
    'a:0',
    'a:65536',
    'a:b',
    'a:25:26',
    '[::1',
    '[::1]25',
    '[::1]:',
    '[]',
    '[a]:25',
    '[192.0.2.1]:25',
    'a b',
    'a..b',
    '-a',
    'a-',
    '.',
    '256.1.1.1',
    '1.2.3',
    'a/b',
    'bücher..example',
    'bücher/a.example',
    'bücher%41.example',
    'b\u202eücher.example',
    '１２７.０.０.１',
    `${'ü'.repeat(60)}.example`,
    `${'a'.repeat(64)}.example`,
    `${'a.'.repeat(127)}example`,
    'smtp://a',
    'smtps://a:465',
    'a:25 ',
  ])('refuses "%s"', (text) => expect(problem(smtp, text)).toContain('Write host or host:port'));
  it('gives back what it wrote', () => {
    const host = fc.oneof(
      fc.domain(),
      fc.ipV4(),
      fc.ipV6().map((address) => `[${address}]`),
    );
    fc.assert(
      fc.property(host, fc.option(fc.integer({ min: 1, max: 65535 })), (name, number) => {
        givesBack(smtp, number === null ? name : `${name}:${number}`);
      }),
    );
  });
  it('never throws', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'[]:.a1-'), maxLength: 20 }), (text) => {
        const parsed = smtp.parse(text);
        if (parsed.problem === undefined) givesBack(smtp, text);
        else expect(parsed.advice).toBeDefined();
      }),
    );
  });
  it.each(['127.0.0.1', '::1', '0.0.0.0', 'localhost'])('listens on %s', (text) => {
    expect(value(listenAddress(), text)).toBe(text);
  });
  it.each(['', '127.0.0', '127.0.0.1:389', '[::1]', '*'])('does not listen on "%s"', (text) => {
    expect(problem(listenAddress(), text)).toBeDefined();
  });
});

describe('name=value', () => {
  it.each([
    ['a=b', 'a', 'b'],
    ['mail.smtp.timeout=5000', 'mail.smtp.timeout', '5000'],
    ['a=', 'a', ''],
    ['a=b=c', 'a', 'b=c'],
  ])('takes %s', (text, name, rest) => expect(value(nameValue(), text)).toEqual({ name, value: rest }));
  it.each(['', 'a', '=b', ' =b', 'mail.smtp.timeout: 5000'])('refuses "%s"', (text) => {
    expect(problem(nameValue(), text)).toContain('Write name=value');
  });
  it.each([
    ['mail.smtp.proxy.password=hunter2=x', 'mail.smtp.proxy.password=***'],
    ['mail.smtp.password', '***'],
    ['a=b=c', 'a=b=c'],
  ])('shows %s as %s', (text, shown) => expect(nameValue().show(text)).toBe(shown));
});

describe('address mask', () => {
  it.each([
    ['192.0.2.1', '192.0.2.1', true],
    ['192.0.2.1', '192.0.2.2', false],
    ['192.0.2.0/24', '192.0.2.77', true],
    ['192.0.2.0/24', '::ffff:192.0.2.77', true],
    ['192.0.2.0/24', '192.0.3.1', false],
    ['192.0.*.7', '192.0.200.7', true],
    ['192.0.*.7', '192.0.200.8', false],
    ['2001:db8::/32', '2001:db8:1::1', true],
    ['2001:db8::/32', '2001:db9::1', false],
    ['0.0.0.0/0', '198.51.100.1', true],
    ['10.0.0.0/8', 'nonsense', false],
  ])('%s and %s: %s', (mask, address, matches) =>
    expect(value(addressMask(), mask).matches(address)).toBe(matches),
  );
  it.each([
    '',
    'a',
    '1.2.3',
    '1.2.3.4/33',
    '::/129',
    '1.2.3.4/',
    '1.2.3.4/8/8',
    '300.*.1.1',
    '*',
    '*.example.com',
  ])('refuses "%s"', (text) => expect(problem(addressMask(), text)).toContain('Write an address'));
});

describe('DN and reference', () => {
  it('takes a DN', () => expect(value(dn(), 'cn=A,cn=config').name).toBe('A'));
  it.each(['', 'A', 'cn=A,', 'cn'])('refuses "%s"', (text) => {
    expect(problem(reference('trust-manager-provider'), text)).toContain('Write the full DN');
  });
});

describe('secret and password', () => {
  it('gives a Secret that prints as stars', () => {
    const given = value(secret(), 'hunter2');
    expect(given).toBeInstanceOf(Secret);
    expect(given.reveal()).toBe('hunter2');
    expect(secret().show('hunter2')).toBe('***');
  });
  it('refuses an empty secret', () => expect(problem(secret(), '')).toContain('is empty'));
  it.each(['hunter2', '{SCRYPT}x', '{CLEAR}hunter2', ''])(
    'takes no clear text as a stored password: "%s"',
    (text) => {
      expect(problem(password(), text)).toContain('is not a password hash');
    },
  );
});

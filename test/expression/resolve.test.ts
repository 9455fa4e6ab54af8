import { describe, expect, it } from 'vitest';
import { DEPTH_MAX, LENGTH_MAX, LOOKUPS_MAX } from '../../src/expression/limits.ts';
import { resolve } from '../../src/expression/resolve.ts';
import { openSources, problems, values } from './instance.ts';

const NO_FILES = 'config/expressions/ (no files there)';
const UNNAMED = `its environment variable, its definition (--define), and its entry in ${NO_FILES}`;

function json(value: unknown) {
  return { files: { 'config/expressions/a.json': JSON.stringify(value) } };
}

describe('a text with expressions', () => {
  const environment = {
    LISTEN_PORT: '$<port.prefix>636',
    PORT_PREFIX: '2',
    ENV_NAME: 'prod',
    PROD_HOST: 'mail.prod',
    TEXT: '\\$<a> \\\\&{port.prefix} C:\\x',
  };

  it.each([
    ['no expression', 'no expression'],
    ['\\$<a> and \\&{b}', '$<a> and &{b}'],
    ['$<listen.port>', '2636'],
    ['&{listen.port}', '2636'],
    ['ldap://&{h|localhost}:$<listen.port>/', 'ldap://localhost:2636/'],
    ['$<$<env.name>.host|$<smtp.host|localhost>>', 'mail.prod'],
    ['$<$<no.name>.host|$<smtp.host|localhost>>', 'localhost'],
    ['$<a|$<b|>>', ''],
    ['$<a|$<b|&{c|}d}>>', 'd}'],
    ['\\\\$<port.prefix>', '\\2'],
    ['$<text>', '$<a> \\2 C:\\x'],
    ['$<port.prefix|$<nothing>>', '2'],
  ])('%s gives %s', async (text, value) => {
    expect(values(text, await openSources({ environment }))).toEqual([value]);
  });

  it.each([
    ['written', 'written'],
    ['\\$<a>', 'written'],
    ['$<x|d>', 'default'],
    ['$<f|d>', 'file'],
    ['$<file:pin>', 'file'],
    ['$<d|$<f>>', 'definition'],
    ['$<e>$<d>$<f>$<x|>', 'environment'],
    ['$<to.e>', 'environment'],
    ['$<x|$<f>>', 'file'],
    ['$<$<e>.e|x>', 'default'],
    ['$<$<name>>', 'environment'],
  ])('%s comes from: %s', async (text, origin) => {
    const sources = await openSources({
      environment: { E: 'e', NAME: 'f' },
      definitions: [{ token: 'd', value: 'd' }],
      files: { pin: 'p', 'config/expressions/a.json': '{"f": "f", "to.e": "$<e>"}' },
    });
    expect(resolve(text, sources)).toMatchObject({ resolved: true, origin });
  });

  it.each([
    [
      '$<to.e>',
      [
        ['$<to.e>', 'file', 'config/expressions/a.json line 1 (to.e)'],
        [undefined, 'environment', undefined],
      ],
    ],
    [
      '$<$<name>>',
      [
        ['$<name>', 'environment', 'NAME'],
        ['$<$<name>>', 'environment', undefined],
      ],
    ],
    ['$<file:pin>', [['$<file:pin>', 'file', 'pin']]],
    [
      '$<file:$<where>>',
      [
        ['$<where>', 'environment', 'WHERE'],
        ['$<file:$<where>>', 'file', undefined],
      ],
    ],
  ])('%s uses %j', async (text, uses) => {
    const sources = await openSources({
      environment: { E: 'e', NAME: 'e', WHERE: 'pin' },
      files: { pin: 'p', 'config/expressions/a.json': '{"to.e": "$<e>"}' },
    });
    const resolution = resolve(text, sources);
    const found = resolution.resolved ? resolution.uses : [];
    expect(found.map(({ expression, origin, source }) => [expression, origin, source])).toEqual(uses);
  });
});

describe('what is wrong with a text', () => {
  it.each([
    [
      '$<smtp.host>',
      `$<smtp.host> has no value: looked for the environment variable SMTP_HOST, --define smtp.host=…, and smtp.host in ${NO_FILES}`,
    ],
    [
      '$<a|$<b>>',
      `$<b> has no value: looked for the environment variable B, --define b=…, and b in ${NO_FILES}`,
    ],
    ['x $<a', '$< at character 3 has no closing ">"; write \\$< if it is meant as text'],
    ['&{}', '&{} at character 1 has an empty name; write \\&{ if it is meant as text'],
    [
      '$<a b|secret>',
      '$<a b|…> at character 1 has " " in its name; a token has only the letters A-Z and a-z, digits, ".", "-" and "_"',
    ],
    [
      '$<$<v>>',
      '$<$<v>> resolves to a name that is not allowed; a token has only the letters A-Z and a-z, digits, ".", "-" and "_"',
    ],
    ['$<$<empty>>', '$<$<empty>> has a name that is empty once it is resolved'],
    ['$<$<word>.x>', `$<$<word>.x> has no value: looked for ${UNNAMED}`],
    ['$<env:$<word>>', '$<env:$<word>> has no value: looked for its environment variable'],
    [
      '$<$<colon>>',
      '$<$<colon>> resolves to a name that is not allowed; a token has only the letters A-Z and a-z, digits, ".", "-" and "_"',
    ],
    [
      '$<broken>',
      '$<broken> leads to the environment variable BROKEN, whose value holds at character 4 an expression that has no closing ">"; write \\$< if it is meant as text',
    ],
    [
      '$<a|$<deep>>',
      `$<deep> leads to the environment variable BEYOND, whose value holds at character 2 an expression that has no value: looked for ${UNNAMED}`,
    ],
    [
      '$<deep|default>',
      `$<deep|…> leads to the environment variable BEYOND, whose value holds at character 2 an expression that has no value: looked for ${UNNAMED}`,
    ],
    [
      '$<wrong>',
      '$<wrong> leads to the environment variable WRONG, whose value holds at character 1 an expression that has a wrong character in its name; a token has only the letters A-Z and a-z, digits, ".", "-" and "_"',
    ],
    [
      '$<reads>',
      '$<reads> leads to the environment variable READS, whose value holds at character 1 an expression that has no value: looked for the file it names',
    ],
  ])('%s', async (text, problem) => {
    const environment = {
      V: 'a value',
      EMPTY: '',
      WORD: 'canary',
      COLON: 'file:canary',
      BROKEN: 'pa$$<canary',
      DEEP: '$<beyond>',
      BEYOND: 'x$<canary>',
      WRONG: '$<can ary>',
      READS: '$<file:canary>',
    };
    expect(problems(text, await openSources({ environment }))).toEqual([problem]);
  });

  it('is told all at once, in the order of the text, each once', async () => {
    const found = resolve(
      '$<a> $<b|> $<file:c> $<loop> $<a>',
      await openSources({ environment: { LOOP: '$<loop>' } }),
    );
    expect(found.problems.map(({ expression, at }) => [expression, at])).toEqual([
      ['$<a>', 1],
      ['$<file:c>', 12],
      ['$<loop>', 22],
    ]);
  });

  it.each([
    [
      '$<a>',
      '$<a> leads to the environment variable B, whose value holds at character 2 an expression that goes in a circle: a -> b -> a',
    ],
    [
      '$<start>',
      '$<start> leads to the environment variable B, whose value holds at character 2 an expression that goes in a circle: a -> b -> a',
    ],
    [
      '$<self>',
      '$<self> leads to the environment variable SELF, whose value holds at character 1 an expression that goes in a circle: self -> self',
    ],
    [
      '$<v|x>',
      '$<v|…> leads to the environment variable V, whose value holds at character 1 an expression that goes in a circle: env:V -> env:V',
    ],
  ])('%s goes in a circle', async (text, problem) => {
    const environment = { A: '$<b>', B: 'x$<a>', START: '$<a>', SELF: '$<self>', V: '$<env:V>' };
    expect(problems(text, await openSources({ environment }))).toEqual([problem]);
  });
});

describe('the limits', () => {
  it('are kept by a chain of tokens', async () => {
    const chain = (length: number) =>
      Object.fromEntries(
        Array.from({ length }, (_, index) => [`T${index}`, index + 1 < length ? `$<t${index + 1}>` : 'end']),
      );
    expect(values('$<t0>', await openSources({ environment: chain(DEPTH_MAX) }))).toEqual(['end']);
    expect(problems('$<t0>', await openSources({ environment: chain(DEPTH_MAX + 1) }))).toEqual([
      `$<t0> leads to the environment variable T31, whose value holds at character 1 an expression that leads deeper than ${DEPTH_MAX} levels`,
    ]);
  });

  it('stop a billion laughs by look-ups', async () => {
    const environment = Object.fromEntries(
      Array.from({ length: 20 }, (_, index) => [
        `L${index}`,
        index === 0 ? 'ha' : `$<l${index - 1}>`.repeat(10),
      ]),
    );
    const found = problems('$<l19>', await openSources({ environment }));
    expect(found).toHaveLength(1);
    expect(found[0]).toContain(`is one of more than ${LOOKUPS_MAX} look-ups for one value`);
  });

  it('stop a billion laughs by length', async () => {
    const sources = await openSources({ environment: { BIG: 'x'.repeat(LENGTH_MAX / 4) } });
    expect(values('$<big>'.repeat(3), sources)[0]?.length).toBe((LENGTH_MAX / 4) * 3);
    expect(problems('$<big>'.repeat(4), sources)).toEqual([
      `$<big> becomes longer than ${LENGTH_MAX} characters`,
    ]);
    // The written text counts, and each text that is taken counts one character more, so that empty ones end too.
    const exact = await openSources({
      environment: { FULL: 'x'.repeat(LENGTH_MAX - 8), MORE: 'x'.repeat(LENGTH_MAX - 7) },
    });
    expect(values('$<full>', exact)[0]?.length).toBe(LENGTH_MAX - 8);
    expect(resolve(' $<more>', exact).problems).toMatchObject([{ at: 2 }]);
    expect(problems(`${'x'.repeat(LENGTH_MAX)}$<big>`, sources)).toEqual([
      `an expression is in a text of more than ${LENGTH_MAX} characters`,
    ]);
  });

  it('do not touch a text without expressions', async () => {
    const text = 'x'.repeat(LENGTH_MAX + 1);
    expect(values(text, await openSources({}))).toEqual([text]);
  });

  it('are kept in names', async () => {
    const sources = await openSources({ environment: { LONG: 'x'.repeat(300) } });
    expect(problems('$<$<long>>', sources)).toEqual(['$<$<long>> has a name of more than 256 characters']);
  });

  it('end the list of problems', async () => {
    expect(problems('$<a b>'.repeat(900), await openSources({}))).toHaveLength(100);
  });
});

describe('several values', () => {
  const setting = {
    environment: {
      E: 'a, b,,\\,c\\\\,$<x|d,e>',
      VIA: '$<list>',
      PLAIN: 'one',
      EMPTY: '',
      MIXED: 'x$<list>',
      BOTH: '$<plain>,y$<plain>',
    },
    definitions: [{ token: 'd', value: 'x,y' }],
    files: {
      'config/expressions/a.json':
        '{"list": ["1,1", 2, "$<plain>", "$<d>"], "comma": "a,b", "none": [], "single": ["s"], "to": "$<env:BOTH>"}',
      'config/expressions/b.properties': 'p = x,\\\n  y',
    },
  };

  it.each([
    ['$<e>', ['a', 'b', ',c\\', 'd', 'e']],
    ['$<d>', ['x', 'y']],
    ['$<p>', ['x', 'y']],
    ['$<env:BOTH>', ['one', 'yone']],
    ['$<to>', ['one', 'yone']],
    ['$<list>', ['1,1', '2', 'one', 'x', 'y']],
    ['$<via>', ['1,1', '2', 'one', 'x', 'y']],
    ['$<x|$<list>>', ['1,1', '2', 'one', 'x', 'y']],
    ['$<x|a:1, b:1>', ['a:1', 'b:1']],
    ['$<x| a , b >', ['a', 'b']],
    ['$<comma>', ['a,b']],
    ['$<none>', []],
    ['$<empty>', []],
    ['$<x|>', []],
    ['$<single>', ['s']],
    ['-$<d>', ['-x,y']],
    ['a,b', ['a,b']],
    ['a,\\$<b>', ['a,$<b>']],
  ])('%s gives %j', async (text, expected) => {
    expect(values(text, await openSources(setting), { multiple: true })).toEqual(expected);
  });

  it.each([
    ['$<e>', ['a, b,,\\,c\\\\,d,e']],
    ['$<d>', ['x,y']],
    ['$<x|a,b>', ['a,b']],
    ['$<single>', ['s']],
    ['$<empty>', ['']],
  ])('are one where one is asked for: %s gives %j', async (text, expected) => {
    expect(values(text, await openSources(setting))).toEqual(expected);
  });

  it.each([
    [
      '$<list>',
      false,
      '$<list> is a list of 4 values (list in config/expressions/a.json line 1) where one is allowed',
    ],
    [
      '$<none|x>',
      false,
      '$<none|…> is a list of 0 values (none in config/expressions/a.json line 1) where one is allowed',
    ],
    [
      'x$<single>',
      true,
      '$<single> is a list of 1 values (single in config/expressions/a.json line 1) and cannot be part of a text',
    ],
    [
      '$<$<single>>',
      true,
      '$<single> is a list of 1 values (single in config/expressions/a.json line 1) and cannot be part of a text',
    ],
    [
      '$<mixed>',
      true,
      '$<mixed> leads to the environment variable MIXED, whose value holds at character 2 an expression that is a list of 4 values (list in config/expressions/a.json line 1) and cannot be part of a text',
    ],
  ])('cannot stand just anywhere: %s', async (text, multiple, problem) => {
    expect(problems(text, await openSources(setting), { multiple })).toEqual([problem]);
  });

  it('name every element that has no value', async () => {
    const sources = await openSources(json({ list: ['$<a>', 'ok', 'xx$<b>'] }));
    expect(resolve('$<list>', sources, { multiple: true }).problems).toHaveLength(2);
  });
});

import { execFileSync } from 'node:child_process';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseDefinition } from '../../src/expression/definition.ts';
import { FILE_OCTETS_MAX } from '../../src/expression/limits.ts';
import { Sources } from '../../src/expression/sources.ts';
import { SourcesError } from '../../src/expression/sources-error.ts';
import { makeInstance, openingProblems, openSources, problems, values } from './instance.ts';

const FOLDER = 'config/expressions';

describe('which source gives the value', () => {
  const files = { [`${FOLDER}/a.json`]: '{"smtp": {"host": "from-file"}}' };
  const definitions = [{ token: 'smtp.host', value: 'from-definition' }];
  const environment = { SMTP_HOST: 'from-environment' };
  const text = '$<smtp.host|from-default>';

  it.each([
    [{ files, definitions, environment }, 'from-environment'],
    [{ files, definitions }, 'from-definition'],
    [{ files }, 'from-file'],
    [{}, 'from-default'],
  ])('%#: %j gives %s', async (setting, value) => {
    expect(values(text, await openSources(setting))).toEqual([value]);
  });

  it('makes every other character than a letter or digit an underscore in the name of a variable', async () => {
    const sources = await openSources({ environment: { A_B_C_1: 'x' } });
    expect(values('$<a.b-C_1>', sources)).toEqual(['x']);
  });

  it('takes an empty variable for a value', async () => {
    expect(values('$<a|default>', await openSources({ environment: { A: '' } }))).toEqual(['']);
  });

  it('reads with env: exactly that variable and nothing else', async () => {
    const sources = await openSources({
      environment: { mixedCase: 'x' },
      definitions: [
        { token: 'mixedCase', value: 'd' },
        { token: 'other', value: 'd' },
      ],
    });
    expect(values('$<env:mixedCase>', sources)).toEqual(['x']);
    expect(values('$<env:other|default>', sources)).toEqual(['default']);
    expect(problems('$<env:MIXEDCASE>', sources)).toEqual([
      '$<env:MIXEDCASE> has no value: looked for the environment variable MIXEDCASE',
    ]);
  });

  it('sees the environment as it was', async () => {
    const changing: Record<string, string> = { A: 'then' };
    const sources = await Sources.open({ environment: changing, instanceFolder: makeInstance() });
    changing.A = 'now';
    expect(values('$<a>', sources)).toEqual(['then']);
  });
});

describe('what the server keeps to itself', () => {
  const kept = [
    'config/admin.pin',
    'config/keys/server.pem',
    'config/config-changes.ldif',
    'config/config.ldif',
    'config/config.ldif.startok',
    'config/journal/journal-000000000001.ldif',
    'config/archived-configs/config-000000000000.ldif.gz',
    'tasks/config.ldif',
    'mail/message.eml',
    'backups/one.tar.gz',
  ];

  it.each(kept)('is no source, neither under its name nor by a link: %s', async (path) => {
    const files = { [path]: 'canary', 'config/smtp.pin': 'x' };
    const sources = await openSources({ files });
    symlinkSync(join(sources.instanceFolder, path), join(sources.instanceFolder, 'link'));
    for (const name of [path, `config/../${path}`, 'link']) {
      const [problem] = problems(`$<file:${name}|default>`, sources);
      expect(problem).toContain('is one that the server keeps to itself');
      expect(problem).not.toContain('canary');
    }
    expect(values('$<file:config/smtp.pin>', sources)).toEqual(['x']);
  });

  it('is no source: what the system tells of processes, and the password of the first start', async () => {
    const sources = await openSources({ environment: { CONFDIT_ADMIN_PASSWORD: 'canary' } });
    expect(problems('$<file:/proc/self/environ>', sources)).toHaveLength(1);
    expect(problems('$<confdit.admin.password>', sources)).toHaveLength(1);
    expect(problems('$<env:CONFDIT_ADMIN_PASSWORD>', sources)).toHaveLength(1);
  });
});

describe('the folders of expression files', () => {
  it('may lack the default folder', async () => {
    expect(problems('$<a>', await openSources({}))).toEqual([
      '$<a> has no value: looked for the environment variable A, --define a=…, and a in config/expressions/ (no files there)',
    ]);
  });

  it('are named by CONFDIT_ENVCONFIG_DIRS before DS_ENVCONFIG_DIRS', async () => {
    const files = { 'one/a.json': '{"a": "one"}', 'two/b.properties': 'b = two', 'ds/c.json': '{"c": "ds"}' };
    const both = { CONFDIT_ENVCONFIG_DIRS: ' one , two,', DS_ENVCONFIG_DIRS: 'ds' };
    const sources = await openSources({ files, environment: both });
    expect(values('$<a> $<b> $<c|none>', sources)).toEqual(['one two none']);
    expect(problems('$<c>', sources)).toEqual([
      '$<c> has no value: looked for the environment variable C, --define c=…, c in one/ (a.json), and c in two/ (b.properties)',
    ]);
    const second = await openSources({
      files,
      environment: { DS_ENVCONFIG_DIRS: 'ds', CONFDIT_ENVCONFIG_DIRS: '' },
    });
    expect(values('$<c>', second)).toEqual(['ds']);
  });

  it('may be absolute, and the same folder twice is one folder', async () => {
    const instanceFolder = makeInstance({ 'one/a.json': '{"a": "one"}' });
    const directories = ['one', './one/', join(instanceFolder, 'one')];
    const sources = await Sources.open({ environment: {}, directories, instanceFolder });
    expect(values('$<a>', sources)).toEqual(['one']);
  });

  it('must be there when they are named', async () => {
    const files = { file: '' };
    const [missing, file] = await openingProblems({ files, environment: { DS_ENVCONFIG_DIRS: 'gone,file' } });
    expect(missing).toMatch(
      /^the folder of expression files \/.*\/gone \(named by DS_ENVCONFIG_DIRS\) is missing$/,
    );
    expect(file).toMatch(/\/file \(named by DS_ENVCONFIG_DIRS\) is not a folder$/);
  });

  it('hold hidden files and others, which are not read', async () => {
    const files = {
      [`${FOLDER}/.a.json`]: 'x',
      [`${FOLDER}/b.txt`]: 'x',
      [`${FOLDER}/..data/c.json`]: '{"c": 1}',
    };
    expect(values('$<c|none>', await openSources({ files }))).toEqual(['none']);
  });

  it('may hold links to files', async () => {
    const instanceFolder = makeInstance({ 'mounted/a.json': '{"a": "linked"}', [`${FOLDER}/b.json`]: '{}' });
    symlinkSync(join(instanceFolder, 'mounted/a.json'), join(instanceFolder, FOLDER, 'a.json'));
    const sources = await Sources.open({ environment: {}, instanceFolder });
    expect(values('$<a>', sources)).toEqual(['linked']);
  });
});

describe('a null in an expression file', () => {
  const files = { [`${FOLDER}/1.json`]: '{"a": 1,\n "b": {"c": null},\n "d": ["x", null],\n "e": [null]}' };

  it('hurts nobody who does not use it', async () => {
    const sources = await openSources({ files });
    expect(values('$<a>', sources)).toEqual(['1']);
  });

  it('is no value: a default stands in, and another source', async () => {
    const sources = await openSources({ files, environment: { B_C: 'variable' } });
    expect(values('$<b.c>', sources)).toEqual(['variable']);
    expect(values('$<b.c|fallback>', await openSources({ files }))).toEqual(['fallback']);
  });

  it('is told to who uses it, with its place', async () => {
    const sources = await openSources({ files });
    expect(problems('$<b.c>', sources)).toEqual([
      '$<b.c> has no value: looked for the environment variable B_C, --define b.c=…, and ' +
        'b.c in config/expressions/1.json line 2, which gives null to it',
    ]);
    const advice = 'write a text, a number, true or false in its place, or remove it';
    for (const options of [{ multiple: true }, {}]) {
      expect(problems('$<d|fallback>', sources, options)).toEqual([
        `$<d|…> leads to d in config/expressions/1.json line 3, which has a null in its list; ${advice}`,
      ]);
      expect(problems('$<e>', sources, options)).toEqual([
        `$<e> leads to e in config/expressions/1.json line 4, which has a null in its list; ${advice}`,
      ]);
    }
  });
});

describe('expression files that are wrong', () => {
  it('are told all at once, without what they hold', async () => {
    const files = {
      [`${FOLDER}/1.json`]: '{"a": "canary",\n "b": [[]]}',
      [`${FOLDER}/2.json`]: '{"c": canary}',
      [`${FOLDER}/3.properties`]: 'a=canary\n\nd=1\nd=canary',
      [`${FOLDER}/4.properties`]: Uint8Array.of(0x61, 0x3d, 0xff),
      [`${FOLDER}/5.json`]: '{"e": "\\ud800"}',
      [`${FOLDER}/6.json`]: `"${'x'.repeat(FILE_OCTETS_MAX)}"`,
    };
    expect(await openingProblems({ files })).toEqual([
      'config/expressions/1.json line 2 has a list in the list of b; write a text, a number, true, false, or a list of these',
      'config/expressions/2.json line 1 is not JSON: expected a value',
      'a is in config/expressions/1.json line 1 and in config/expressions/3.properties line 1; keep one of them',
      'd is in config/expressions/3.properties line 3 and in config/expressions/3.properties line 4; keep one of them',
      expect.stringMatching(/^config\/expressions\/4.properties is not UTF-8 /),
      'config/expressions/5.json line 1 gives e a value with half a character (one \\u of a pair)',
      'config/expressions/6.json is larger than 1048576 octets',
    ]);
  });

  it('are told when a nested and a flat key of one file are the same token', async () => {
    const files = { [`${FOLDER}/1.json`]: '{"a": {"b": 1},\n"a.b": 2}' };
    expect(await openingProblems({ files })).toEqual([
      'a.b is in config/expressions/1.json line 1 and in config/expressions/1.json line 2; keep one of them',
    ]);
  });

  it('are never waited for', async () => {
    const instanceFolder = makeInstance({ [`${FOLDER}/a.json`]: '{}' });
    execFileSync('mkfifo', [join(instanceFolder, FOLDER, 'fifo.json')]);
    mkdirSync(join(instanceFolder, FOLDER, 'folder.json'));
    symlinkSync('nowhere', join(instanceFolder, FOLDER, 'link.json'));
    await expect(Sources.open({ environment: {}, instanceFolder })).rejects.toThrow(
      'config/expressions/fifo.json is not a regular file\n' +
        'config/expressions/folder.json is not a regular file\n' +
        'config/expressions/link.json is missing',
    );
  });

  it('are named in messages, up to three of a folder', async () => {
    const files = (...names: string[]) =>
      Object.fromEntries(names.map((name) => [`${FOLDER}/${name}.json`, '{}']));
    const three = await openSources({ files: files('a', 'b', 'c') });
    expect(problems('$<x>', three)[0]).toContain('config/expressions/ (a.json, b.json, c.json)');
    const four = await openSources({ files: files('a', 'b', 'c', 'd') });
    expect(problems('$<x>', four)[0]).toContain('config/expressions/ (4 files there)');
  });

  it('are told to a limit, with the number of the others', async () => {
    const names = Array.from({ length: 102 }, (_, index) => [`${FOLDER}/${index}.json`, '{']);
    const found = await openingProblems({ files: Object.fromEntries(names) });
    expect(found).toHaveLength(101);
    expect(found.at(-1)).toBe('and 2 more problems');
  });

  it('are limited in number', async () => {
    const names = Array.from({ length: 257 }, (_, index) => [`${FOLDER}/${index}.json`, '{}']);
    expect(await openingProblems({ files: Object.fromEntries(names) })).toEqual([
      'config/expressions brings the expression files to 257; at most 256 are allowed',
    ]);
  });
});

describe('a definition on the command line', () => {
  it.each([
    ['smtp.host=mail', { token: 'smtp.host', value: 'mail' }],
    ['a=', { token: 'a', value: '' }],
    ['a=b=c', { token: 'a', value: 'b=c' }],
  ])('%s', (text, definition) => {
    expect(parseDefinition(text)).toEqual(definition);
  });

  it.each([
    ['canary', '--define needs token=value, and one of them has no "="'],
    ['=canary', '--define needs token=value, and one of them has no token'],
    [
      'a b=canary',
      '--define a b=… cannot be looked up; a token has only the letters A-Z and a-z, digits, ".", "-" and "_"',
    ],
  ])('%s is refused', (text, message) => {
    expect(() => parseDefinition(text)).toThrow(new SourcesError([message]));
  });

  it('is given once', async () => {
    const definitions = [
      { token: 'a', value: 'canary' },
      { token: 'a', value: 'b' },
    ];
    expect(await openingProblems({ definitions })).toEqual(['--define a=… is given twice; keep one of them']);
  });
});

describe('$<file:path>', () => {
  it.each([
    ['pin\n', 'pin'],
    ['pin\r\n', 'pin'],
    ['pin\n\n', 'pin\n'],
    ['pin', 'pin'],
    ['', ''],
    ['\n', ''],
    ['a,b $<x> &{y} \\$<z>', 'a,b $<x> &{y} \\$<z>'],
    ['ä😀\n', 'ä😀'],
  ])('%j gives %j', async (content, value) => {
    const sources = await openSources({ files: { 'config/pin': content } });
    expect(values('$<file:config/pin>', sources)).toEqual([value]);
    expect(values('$<file:config/pin>', sources, { multiple: true })).toEqual([value]);
  });

  it('names the absolute path of an absent file, unless a default stands in', async () => {
    const sources = await openSources({ environment: { FOLDER: 'canary' } });
    const path = join(sources.instanceFolder, 'config/pin');
    expect(problems('$<file:config/pin>', sources)).toEqual([
      `$<file:config/pin> has no value: looked for the file ${path}`,
    ]);
    expect(problems('$<file:$<folder>/pin>', sources)).toEqual([
      `$<file:$<folder>/pin> has no value: looked for the file ${sources.instanceFolder}/$<folder>/pin`,
    ]);
    expect(values('$<file:config/pin|0000>', sources)).toEqual(['0000']);
  });

  it('reads absolute paths and paths with expressions', async () => {
    const sources = await openSources({ files: { 'run/pin': 'x' }, environment: { DIR: 'run' } });
    expect(values(`$<file:${sources.instanceFolder}/run/pin>`, sources)).toEqual(['x']);
    expect(values('&{file:$<dir>/$<name|pin>}', sources)).toEqual(['x']);
  });

  it('opens small regular UTF-8 files only, whatever the default', async () => {
    const large = 'x'.repeat(FILE_OCTETS_MAX + 1);
    const sources = await openSources({ files: { large, latin: Uint8Array.of(0x66, 0xfc, 0x72) } });
    const folder = sources.instanceFolder;
    execFileSync('mkfifo', [join(folder, 'fifo')]);
    const text = '$<file:fifo|x>$<file:.|x>$<file:/dev/zero|x>$<file:large|x>$<file:latin|x>';
    expect(problems(text, sources)).toEqual([
      `$<file:fifo|…> reads ${folder}/fifo, which is not a regular file`,
      `$<file:.|…> reads ${folder}, which is not a regular file`,
      '$<file:/dev/zero|…> reads /dev/zero, which is not a regular file',
      `$<file:large|…> reads ${folder}/large, which is larger than 1048576 octets`,
      `$<file:latin|…> reads ${folder}/latin, which is not UTF-8 (line 1 has octets that are none; it seems to be ISO-8859-1)`,
    ]);
  });

  it('reads ahead what may be read, and remembers what may not', async () => {
    const sources = await openSources({ files: { good: 'g', latin: Uint8Array.of(0xfc) } });
    const text = '$<file:good>$<file:latin>$<file:none>';
    const wanted = sources.filesWanted(() => problems(text, sources));
    expect(wanted).toEqual(['good', 'latin', 'none'].map((name) => join(sources.instanceFolder, name)));
    for (const path of wanted) await sources.readFileAhead(path);
    writeFileSync(join(sources.instanceFolder, 'latin'), 'now text');
    expect(sources.filesWanted(() => expect(problems(text, sources)).toHaveLength(2))).toEqual([]);
    sources.forgetFailures();
    expect(sources.filesWanted(() => problems(text, sources))).toHaveLength(2);
  });

  it('reads a file of the largest size', async () => {
    const sources = await openSources({ files: { large: 'x'.repeat(FILE_OCTETS_MAX) } });
    expect(values('$<file:large>', sources)[0]?.length).toBe(FILE_OCTETS_MAX);
  });

  it('remembers a content, and an absence that a default stood in for', async () => {
    const sources = await openSources({ files: { one: '1' } });
    const write = (name: string, content: string) =>
      writeFileSync(join(sources.instanceFolder, name), content);
    expect(values('$<file:one>', sources)).toEqual(['1']);
    expect(problems('$<file:two>', sources)).toHaveLength(1);
    expect(values('$<file:three|none>', sources)).toEqual(['none']);
    write('one', 'changed');
    write('two', '2');
    write('three', '3');
    expect(values('$<file:one> $<file:two> $<file:./three|none>', sources)).toEqual(['1 2 none']);
  });
});

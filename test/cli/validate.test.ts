// Files checked without a server: every problem with file and line, in the words a server would use.

import { readFileSync } from 'node:fs';
import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Ajv } from 'ajv';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runConfdit } from '../support/confdit-program.ts';
import { removeFolder } from '../support/folders.ts';

const SARIF_SCHEMA = fileURLToPath(new URL('../samples/sarif-2.1.0.json', import.meta.url));
const WRONG = [
  '# the mail servers of the company',
  'dn: cn=One,cn=Mail Servers,cn=config',
  'objectClass: ds-cfg-mail-server',
  'ds-cfg-enabled: true',
  'ds-cfg-smtp-server: smtp.example.com:70000',
  'ds-cfg-auth-username: me',
  'ds-cfg-auth-password: $<smtp.password>',
  'ds-cfg-trust-manager-provider: cn=None,cn=Trust Manager Providers,cn=config',
  '',
].join('\n');

describe('validate', () => {
  let folder: string;
  let file: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'confdit-validate-'));
    file = join(folder, 'mail.ldif');
    await writeFile(file, WRONG);
  });

  afterAll(() => removeFolder(folder));

  it('names file and line of every problem', async () => {
    const { code, stdout, stderr } = await runConfdit(['validate', file]);
    expect({ code, stderr }).toEqual({ code: 1, stderr: '' });
    const lines = stdout.trimEnd().split('\n');
    expect(lines).toHaveLength(3);
    expect(stdout).toContain(
      `${file}:5:21: cn=One,cn=Mail Servers,cn=config: smtp-server "smtp.example.com:70000"`,
    );
    expect(stdout).toMatch(/mail\.ldif:7:23: .*\$<smtp\.password>.*SMTP_PASSWORD/);
    expect(stdout).toMatch(/mail\.ldif:8:32: .*does not exist/);
  });

  it('speaks to GitHub', async () => {
    const github = await runConfdit(['validate', file, '--format', 'github']);
    expect(github.stdout).toMatch(/^::error file=.*mail\.ldif,line=5,col=21::cn=One/m);
  });

  it('finds nothing where everything fits, with an environment file and definitions', async () => {
    const right = join(folder, 'right.ldif');
    const environment = join(folder, 'production.env');
    const text = WRONG.replace(':70000', '$<smtp.port>').replace('cn=None', 'cn=System');
    await writeFile(right, text);
    await writeFile(environment, 'SMTP_PASSWORD=canary-of-validate\n');
    const words = ['--env-file', environment, '--define', 'smtp.port=:25'];
    const { code, stdout, stderr } = await runConfdit(['validate', right, ...words]);
    expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: '1 entry, no problems.\n', stderr: '' });
  });

  it('tells all syntax errors of a folder with line and column, in every form', async () => {
    const broken = join(folder, 'bro ken');
    await mkdir(join(broken, 'below'), { recursive: true });
    const one = join(broken, 'a ä.ldif');
    const other = join(broken, 'below', 'b.ldif');
    await writeFile(
      one,
      'dn: cn=a,cn=Mail Servers,cn=config\nno colon\n1x: y\ncn:: AA!A\n\ncn: b\n\ndn: nothing\ncn: c\n',
    );
    await writeFile(other, `${WRONG}\ndn: cn=x,cn=config\nchangetype: delete\n`);
    const expected = [
      [one, 2, 1],
      [one, 3, 1],
      [one, 4, 8],
      [one, 6, 1],
      [one, 8, 1],
      [other, 5, 21],
      [other, 7, 23],
      [other, 10, 1],
    ];
    const told = await Promise.all(
      ['text', 'github', 'sarif', 'json'].map(async (format) => {
        const { code, stdout, stderr } = await runConfdit(['validate', broken, '--format', format]);
        expect({ code, stderr }).toEqual({ code: 1, stderr: '' });
        return stdout;
      }),
    );
    const [text = '', github = '', sarif = '', json = ''] = told;
    const places = text.matchAll(/^(.+?):(\d+):(?:(\d+):)? /gm);
    expect([...places].map(([, name, line, column]) => [name, Number(line), numberOf(column)])).toEqual(
      expected,
    );
    const annotations = github.matchAll(/^::error file=(.+?),line=(\d+)(?:,col=(\d+))?::/gm);
    expect([...annotations].map(([, name, line, column]) => [name, Number(line), numberOf(column)])).toEqual(
      expected,
    );
    expect(JSON.parse(json)).toMatchObject({
      problems: expected.map(([name, line, column]) =>
        column === undefined ? { file: name, line } : { file: name, line, column },
      ),
    });
    const log = JSON.parse(sarif);
    expect(checkSarif(log)).toEqual([]);
    const found = log.runs[0].results.map((result: SarifResult) => {
      const { artifactLocation, region } = result.locations[0].physicalLocation;
      return [fileURLToPath(artifactLocation.uri), region.startLine, region.startColumn];
    });
    expect(found).toEqual(expected);
  });

  it.each([
    [
      'LDIF',
      'many.ldif',
      [
        'dn: cn=Many,cn=Mail Servers,cn=config',
        'objectClass: ds-cfg-mail-server',
        'ds-cfg-ENABLED:true',
        'ds-cfg-smtp-server: mail.example.com',
        'ds-cfg-smtp-property: mail.smtp.timeout=1000',
        'ds-cfg-smtp-property:: bWFpbC5zbXRwLmNvbm5lY3Rpb250aW1lb3V0PXNvb24=',
        'ds-cfg-smtp-property: mail.smtp.',
        ' proxy.port=many',
        'ds-cfg-priority:   much',
        'ds-cfg-speed: high',
      ],
      ['6:24', '7:23', '9:20', '10:1'],
    ],
    [
      'YAML',
      'many.yaml',
      [
        'kind: mail-server',
        'name: Many',
        'enabled: true',
        'smtp-server: mail.example.com',
        'smtp-property:',
        '  - mail.smtp.timeout=1000',
        '  - mail.smtp.connectiontimeout=soon',
        'priority: much',
        'trust-manager-provider: None',
      ],
      ['7:5', '8:11', '9:25'],
    ],
  ])('names the column where a wrong value begins, in %s', async (...[, name, lines, expected]) => {
    const many = join(folder, name);
    await writeFile(many, `${lines.join('\n')}\n`);
    const { stdout, code } = await runConfdit(['validate', many]);
    expect(code).toBe(1);
    const places = stdout.trimEnd().split('\n');
    expect(places.map((line) => /:(\d+(?::\d+)?): cn=/.exec(line)?.[1])).toEqual(expected);
  });

  it('warns of files of key managers and trust managers that cannot be used, in the words of a server', async () => {
    const path = join(folder, 'providers.ldif');
    const provider = (role: string, lines: string) =>
      `dn: cn=Away,cn=${role} Manager Providers,cn=config\nobjectClass: ds-cfg-pem-${role.toLowerCase()}-manager-provider\nds-cfg-enabled: true\n${lines}\n`;
    await mkdir(join(folder, 'empty'));
    await writeFile(
      path,
      [provider('Trust', 'ds-cfg-pem-directory: away'), provider('Key', 'ds-cfg-pem-directory: empty')].join(
        '\n',
      ),
    );
    const told = await runConfdit(['validate', path]);
    expect(told).toMatchObject({ code: 0, stderr: '' });
    expect(told.stdout).toMatch(
      /providers\.ldif:4:23: warning: cn=Away,cn=Trust .*pem-directory "away" cannot be used: .*none at this path/,
    );
    expect(told.stdout).toMatch(/providers\.ldif:9:23: warning: cn=Away,cn=Key .*no private key/);
    expect(told.stdout).toContain('2 entries, no problems, 2 warnings.');
    const silent = await runConfdit(['validate', path, '--missing-files=ignore']);
    expect(silent).toMatchObject({ code: 0, stdout: '2 entries, no problems.\n' });
  });

  it('knows what stands beside, and what a missing file is worth', async () => {
    const beside = join(folder, 'beside');
    await mkdir(beside);
    await writeFile(
      join(beside, 'trust.ldif'),
      'dn: cn=None,cn=Trust Manager Providers,cn=config\nobjectClass: ds-cfg-blind-trust-manager-provider\nds-cfg-enabled: true\n',
    );
    const text = WRONG.replace(':70000', '').replace('$<smtp.password>', '$<file:no.pin>');
    const validate = (...words: string[]) =>
      runConfdit(['validate', '-', '--with', beside, ...words], { input: text });
    const warned = await validate('--format', 'github');
    expect(warned).toMatchObject({ code: 0, stderr: '' });
    expect(warned.stdout).toMatch(/^::warning file=-,line=7,col=23::.*auth-password .*no\.pin/);
    expect(await validate('--missing-files=ignore')).toMatchObject({
      code: 0,
      stdout: '2 entries, no problems.\n',
    });
    expect(await validate('--missing-files=error')).toMatchObject({ code: 1 });
    expect(await validate('--missing-files=maybe')).toMatchObject({ code: 89, stdout: '' });
  });
});

interface SarifResult {
  readonly locations: readonly [
    {
      readonly physicalLocation: {
        readonly artifactLocation: { readonly uri: string };
        readonly region: { readonly startLine: number; readonly startColumn?: number };
      };
    },
  ];
}

function numberOf(text: string | undefined): number | undefined {
  return text === undefined ? undefined : Number(text);
}

/** What the published schema of SARIF finds wrong; every URI must be one. */
function checkSarif(log: unknown): readonly unknown[] {
  const schema = JSON.parse(readFileSync(SARIF_SCHEMA, 'utf8'));
  const ajv = new Ajv({ strict: false, unicodeRegExp: false, allErrors: true });
  ajv.addFormat('date-time', true);
  ajv.addFormat('uri', (text) => URL.canParse(text));
  ajv.addFormat('uri-reference', (text) => /^[\w\-.~:/?#[\]@!$&'()*+,;=%]*$/.test(text));
  return ajv.validate({ ...schema, $schema: undefined, id: undefined }, log) ? [] : (ajv.errors ?? []);
}

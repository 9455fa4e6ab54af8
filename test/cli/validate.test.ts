// Files checked without a server: every problem with file and line, in the words a server would use.

import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runConfdit } from '../support/confdit-program.ts';
import { removeFolder } from '../support/folders.ts';

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
    expect({ code, stderr }).toEqual({ code: 2, stderr: '' });
    const lines = stdout.trimEnd().split('\n');
    expect(lines).toHaveLength(3);
    expect(stdout).toContain(
      `${file}:5: cn=One,cn=Mail Servers,cn=config: smtp-server "smtp.example.com:70000"`,
    );
    expect(stdout).toMatch(/mail\.ldif:7: .*\$<smtp\.password>.*SMTP_PASSWORD/);
    expect(stdout).toMatch(/mail\.ldif:8: .*does not exist/);
  });

  it('speaks to GitHub and to readers of SARIF', async () => {
    const github = await runConfdit(['validate', file, '--format', 'github']);
    expect(github.stdout).toMatch(/^::error file=.*mail\.ldif,line=5::cn=One/m);
    const sarif = JSON.parse((await runConfdit(['validate', file, '--format=sarif'])).stdout);
    expect(sarif.version).toBe('2.1.0');
    const starts = sarif.runs[0].results.map(
      ({ locations }: { locations: { physicalLocation: { region: { startLine: number } } }[] }) =>
        locations[0]?.physicalLocation.region.startLine,
    );
    expect(starts.toSorted()).toEqual([5, 7, 8]);
  });

  it('names all that is no entry, with the place and in every form', async () => {
    const broken = join(folder, 'broken.ldif');
    await writeFile(broken, 'dn: cn=A\nno colon\n\ndn: cn=B\nsn:: ?\n');
    const text = await runConfdit(['validate', broken]);
    expect(text).toMatchObject({ code: 2, stderr: '' });
    expect(text.stdout).toMatch(/broken\.ldif:2:1: The line has no colon.*\n.*broken\.ldif:5:1: .*base64/);
    const github = await runConfdit(['validate', broken, '--format', 'github']);
    expect(github.stdout).toMatch(/^::error file=.*broken\.ldif,line=2,col=1::The line has no colon/m);
  });

  it('finds nothing where everything fits, with an environment file', async () => {
    const right = join(folder, 'right.ldif');
    const environment = join(folder, 'production.env');
    await writeFile(right, WRONG.replace(':70000', '').replace('cn=None', 'cn=System'));
    await writeFile(environment, 'SMTP_PASSWORD=canary-of-validate\n');
    const { code, stdout, stderr } = await runConfdit(['validate', right, '--env-file', environment]);
    expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: '1 entries, no problems.\n', stderr: '' });
  });
});

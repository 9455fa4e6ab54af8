// The tools of OpenLDAP with the options that the tests of single features leave out: searches that go on and are
// interrupted, windows, controls nobody knows, StartTLS and SASL of every tool.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { addPeople, GROUPS, namesIn, PEOPLE } from '../memory/memory-backend-support.ts';
import { LdapTools, type ProgramResult, runProgram } from '../support/ldap-tools.ts';
import { ADMINISTRATOR, type RunningServer, startServer } from '../support/start-server.ts';
import { certificateFile } from './client-script.ts';

const MAIL_SERVERS = 'cn=Mail Servers,cn=config';
const RELAY = `cn=relay,${MAIL_SERVERS}`;

let server: RunningServer;
let tools: LdapTools;

beforeAll(async () => {
  server = await startServer({ password: 'test-password-1' });
  tools = new LdapTools(server);
  await addPeople(tools);
  const ldif = `dn: ${RELAY}\nobjectClass: ds-cfg-mail-server\nds-cfg-enabled: true\nds-cfg-smtp-server: mail.example.com\n`;
  expect(await tools.add(ldif)).toMatchObject({ code: 0 });
});

/** What changes once more with every call. */
let changes = 0;
async function changeRelay(): Promise<void> {
  changes += 1;
  const ldif = `dn: ${RELAY}\nchangetype: modify\nreplace: ds-cfg-smtp-property\nds-cfg-smtp-property: mail.count=${changes}\n`;
  expect(await tools.modify(ldif)).toMatchObject({ code: 0 });
}

function commonNamesIn(output: string): (string | undefined)[] {
  return namesIn(output).map((dn) => /^cn=([^,]*)/.exec(dn)?.[1]);
}

class RunningSearch {
  readonly process: ChildProcess;
  #output = '';

  constructor(...words: readonly string[]) {
    // Of what it says nothing waits in a buffer.
    this.process = spawn(
      'stdbuf',
      [
        '-o0',
        'ldapsearch',
        '-x',
        '-LLL',
        '-H',
        server.url,
        '-D',
        'uid=admin',
        '-w',
        server.password,
        '-b',
        MAIL_SERVERS,
        ...words,
      ],
      { env: { ...process.env, LDAPNOINIT: '1' } },
    );
    for (const stream of [this.process.stdout, this.process.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        this.#output += text;
        this.process.emit('said');
      });
    }
  }

  get names(): (string | undefined)[] {
    return commonNamesIn(this.#output);
  }

  /** Resolves when it has said this so many times. */
  async said(text: string, times: number): Promise<void> {
    while (this.#output.split(text).length <= times) await once(this.process, 'said');
  }

  async interrupt(): Promise<void> {
    const ended = once(this.process, 'close');
    this.process.kill('SIGINT');
    await ended;
  }
}

describe('ldapsearch goes on', () => {
  it.each([
    ['-E', 'sync=rp'],
    ['-E', '!ps=15/0/1'],
  ])('with %s %s: what there is, and then every change', async (...words) => {
    const search = new RunningSearch(...words, '(cn=relay)', 'ds-cfg-smtp-property');
    await search.said(`dn: ${RELAY}\n`, 1);
    for (let round = 2; round <= 4; round++) {
      await changeRelay();
      await search.said(`dn: ${RELAY}\n`, round);
      await search.said(`ds-cfg-smtp-property: mail.count=${changes}\n`, 1);
    }
    await search.interrupt();
  });

  it('until it gives up: at once with -e !cancel and !abandon', async () => {
    for (const how of ['cancel', 'abandon']) {
      const words = ['-b', MAIL_SERVERS, '-e', `!${how}`, '-E', 'sync=rp', '(cn=relay)', '1.1'];
      expect((await tools.run('ldapsearch', words)).stderr).toContain(`${how} got 0: Success`);
    }
    await server.waitForLog(({ msg, result }) => msg === 'search' && result === 'canceled');
  });

  it('comes again with its cookie, and is told of what has changed since', async () => {
    const poll = (cookie: string) =>
      tools.run('ldapsearch', ['-b', MAIL_SERVERS, '-E', `!sync=ro${cookie}`, '(cn=relay)', '1.1']);
    const first = await poll('');
    expect(first.stdout).toContain(`dn: ${RELAY}\n`);
    const [, cookie = ''] = /^# cookie: (\S+)$/m.exec(first.stdout) ?? [];
    expect(cookie, first.stdout).not.toBe('');
    expect(namesIn((await poll(`/${cookie}`)).stdout)).toEqual([]);
    await changeRelay();
    expect(namesIn((await poll(`/${cookie}`)).stdout)).toEqual([RELAY]);
  });
});

describe('ldapsearch asks for', () => {
  /** What stands directly below cn=config, in order. */
  let top: readonly (string | undefined)[];

  beforeAll(async () => {
    const { stdout } = await tools.search('cn=config', '-s', 'one', '(cn=*)', '1.1');
    top = commonNamesIn(stdout).toSorted();
    expect(top.length).toBeGreaterThan(5);
  });

  const found = async (...words: readonly string[]) => {
    const { code, stdout } = await tools.search('cn=config', '-s', 'one', ...words, '(cn=*)', 'cn');
    return { code, names: commonNamesIn(stdout) };
  };

  it('windows of a sorted list, one after the other', async () => {
    const search = new RunningSearch(
      '-b',
      'cn=config',
      '-s',
      'one',
      '-E',
      '!sss=cn',
      '-E',
      '!vlv=0/1/2/0',
      '1.1',
    );
    // Each line is the next window: by offset, and by value. It would ask for windows for ever.
    await search.said(`pos=2 count=${top.length}`, 1);
    search.process.stdin?.write('0/0/1/0\n');
    await search.said(`pos=1 count=${top.length}`, 1);
    search.process.stdin?.write('0/1:k\n');
    const fromK = top.findIndex((name = '') => name.toLowerCase() >= 'k');
    await search.said(`pos=${fromK + 1} count=${top.length}`, 1);
    search.process.kill('SIGKILL');
    expect(search.names).toEqual([top[1], top[2], top[0], top[fromK], top[fromK + 1]]);
  });

  it('order on its own side, with -S', async () => {
    expect((await found('-S', 'cn')).names).toEqual(top);
  });

  it('what this server does not have: ignored, or refused when it must be had', async () => {
    const optional = ['subentries=true', 'domainScope', '1.2.3.4', 'deref=member:cn'];
    for (const control of optional) {
      expect((await found('-E', control)).code, control).toBe(0);
      expect((await found('-E', `!${control}`)).code, control).toBe(12);
    }
    for (const control of ['chaining']) {
      expect((await found('-e', control)).code, control).toBe(0);
      expect((await found('-e', `!${control}`)).code, control).toBe(12);
    }
    for (const control of ['ppolicy', 'sessiontracking=me']) {
      expect((await found('-e', control)).code, control).toBe(0);
    }
    expect((await found('-E', '!dontUseCopy')).code).toBe(0);
  });

  it('many things, a line each, with -f', async () => {
    const file = join(server.folder, 'names');
    await writeFile(file, 'relay\nnobody\nMail Servers\n');
    const { code, stdout } = await tools.search('cn=config', '-f', file, '(cn=%s)', '1.1');
    expect(code).toBe(0);
    expect(namesIn(stdout)).toEqual([RELAY, MAIL_SERVERS]);
    await rm(file);
  });

  it('values in files, with -tt', async () => {
    const { stdout } = await tools.search(PEOPLE, '-tt', '-T', server.folder, '(uid=ada)', 'userCertificate');
    const [, file = ''] = /^userCertificate;binary:< file:\/\/(.*)$/m.exec(stdout) ?? [];
    expect(await readFile(file, 'base64')).toBe('MIIBAgME');
  });
});

describe('every tool', () => {
  const ways: readonly (readonly [string, () => readonly string[]])[] = [
    ['-ZZ', () => ['-x', '-ZZ', '-D', 'uid=admin', '-w', server.password]],
    ['-ZZ -Y PLAIN', () => ['-Q', '-ZZ', '-Y', 'PLAIN', '-U', 'admin', '-w', server.password]],
    ['-Y SCRAM-SHA-256', () => ['-Q', '-Y', 'SCRAM-SHA-256', '-U', 'admin', '-w', server.password]],
  ];

  it.each(ways)('with %s', async (_, login) => {
    const run = (program: string, words: readonly string[], input = ''): Promise<ProgramResult> => {
      const authority = ['-o', `TLS_CACERT=${certificateFile(server)}`];
      const url = ['-H', `ldap://localhost:${server.port}`];
      return runProgram(program, [...login(), ...authority, ...url, ...words], input);
    };
    const dn = `cn=way,${PEOPLE}`;
    const moved = `cn=way,${GROUPS}`;
    const steps: readonly (readonly [string, readonly string[], string])[] = [
      ['ldapadd', [], `dn: ${dn}\nobjectClass: person\ncn: way\nsn: way\n`],
      ['ldapmodify', [], `dn: ${dn}\nchangetype: modify\nadd: description\ndescription: x\n`],
      ['ldappasswd', ['-s', 'secret words here', dn], ''],
      ['ldapmodrdn', ['-r', '-s', GROUPS, dn, 'cn=way'], ''],
      ['ldapsearch', ['-b', moved, '-s', 'base', '(description=x)'], ''],
      ['ldapexop', ['whoami'], ''],
      ['ldapdelete', [moved], ''],
    ];
    for (const [program, words, input] of steps) {
      const { code, stderr } = await run(program, words, input);
      expect(`${program} ${code}${stderr}`).toBe(`${program} 0`);
    }
    expect(await run('ldapwhoami', [])).toMatchObject({ code: 0, stdout: `dn:${ADMINISTRATOR}\n` });
    expect(await run('ldapcompare', [`uid=ada,${PEOPLE}`, 'sn:LOVELACE'])).toMatchObject({ code: 6 });
  });
});

describe('ldapexop', () => {
  it('knows what the root DSE lists, and hears of what it does not', async () => {
    expect(await tools.run('ldapexop', ['whoami'])).toMatchObject({ stdout: `dn:${ADMINISTRATOR}\n` });
    // Nothing is under way that could be canceled.
    expect((await tools.run('ldapexop', ['cancel', '77'])).stderr).toContain('(119)');
    expect((await tools.run('ldapexop', ['1.2.3.4'])).stderr).toContain('(2)');
    expect((await tools.run('ldapexop', ['refresh', RELAY, '100'])).stderr).toContain('(2)');
  });
});

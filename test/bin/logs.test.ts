// The log of a server that is no program's terminal: JSON lines, one for each operation, and never a secret. The canaries
// are passwords of every kind; none may turn up in the log or in an answer to somebody who may not read it.

import { beforeAll, describe, expect, it } from 'vitest';
import { LdapTools, type ProgramResult } from '../support/ldap-tools.ts';
import { type LogLine, type RunningServer, startServer } from '../support/start-server.ts';

const ADMINISTRATOR = 'cn=admin,cn=Root DNs,cn=config';
const NAME = 'cn=One,cn=Mail Servers,cn=config';
const SERVER = `dn: ${NAME}
objectClass: ds-cfg-mail-server
cn: One
ds-cfg-enabled: true
ds-cfg-smtp-server: localhost
`;

describe('the log', () => {
  let server: RunningServer;
  let lines: readonly LogLine[];

  beforeAll(async () => {
    server = await startServer();
    const tools = new LdapTools(server);
    await tools.add(SERVER);
    await tools.modify(`dn: ${NAME}\nchangetype: modify\nadd: ds-cfg-use-ssl\nds-cfg-use-ssl: true\n-
replace: ds-cfg-smtp-property\nds-cfg-smtp-property: a=1\n`);
    await tools.search('cn=Mail Servers,cn=config', '(ds-cfg-use-ssl=true)', 'cn');
    await tools.run('ldapcompare', [NAME, 'cn:One']);
    await tools.run('ldapwhoami', []);
    await tools.run('ldapmodrdn', [NAME, 'description=Two']);
    await tools.delete(NAME);
    await tools.delete(NAME);
    await new LdapTools({ url: server.url, password: 'wrong' }).run('ldapwhoami', []);
    await server.stop();
    lines = server.logLines();
  });

  function linesOf(msg: string): readonly LogLine[] {
    return lines.filter((line) => line.msg === msg);
  }

  it('is JSON, a line each with time, level and message', () => {
    expect(lines.length).toBeGreaterThan(20);
    for (const { time, level, msg } of lines) {
      expect(new Date(Number(time)).getFullYear()).toBeGreaterThan(2024);
      expect([30, 40, 50]).toContain(level);
      expect(msg).not.toBe('');
    }
    expect(lines.filter(({ level }) => level > 30)).toEqual([]);
  });

  it('says where the server is reached, and when it ends', () => {
    const urls = expect.arrayContaining([server.url]);
    expect(linesOf('ready')).toEqual([expect.objectContaining({ urls, instance: server.folder })]);
    expect(linesOf('stopping')).toEqual([expect.objectContaining({ signal: 'SIGTERM' })]);
    expect(linesOf('stopped')).toHaveLength(1);
  });

  it.each([
    ['add', { dn: NAME, result: 'success' }, 1],
    [
      'modify',
      { dn: NAME, attributes: ['add ds-cfg-use-ssl', 'replace ds-cfg-smtp-property'], result: 'success' },
      1,
    ],
    [
      'search',
      {
        base: 'cn=Mail Servers,cn=config',
        scope: 'sub',
        filter: '(ds-cfg-use-ssl=true)',
        result: 'success',
        entries: 1,
      },
      1,
    ],
    ['compare', { dn: NAME, attribute: 'cn', result: 'compareTrue' }, 1],
    ['extended', { oid: '1.3.6.1.4.1.4203.1.11.3', result: 'success' }, 1],
    [
      'modifyDn',
      { dn: NAME, result: 'objectClassViolation', why: expect.stringContaining('description') },
      1,
    ],
    ['delete', { dn: NAME, result: 'success' }, 2],
  ])('has one line for %s, with who, what, result and milliseconds', (msg, what, count) => {
    const found = linesOf(msg);
    expect(found).toHaveLength(count);
    expect(found[0]).toMatchObject({ who: ADMINISTRATOR, ms: expect.any(Number), ...what });
  });

  it('says why something was refused', () => {
    expect(linesOf('delete')[1]).toMatchObject({
      result: 'noSuchObject',
      why: expect.stringContaining(NAME),
    });
  });

  it('has a line for each bind, also for the one with a wrong password', () => {
    const binds = linesOf('bind');
    expect(binds).toHaveLength(9);
    expect(binds[0]).toMatchObject({ name: 'uid=admin', who: ADMINISTRATOR, result: 'success' });
    expect(binds.at(-1)).toMatchObject({ name: 'uid=admin', who: 'anonymous', result: 'invalidCredentials' });
  });

  it('has a line for each connection and its end', () => {
    expect(linesOf('connect')).toHaveLength(9);
    expect(linesOf('disconnect')).toHaveLength(9);
    expect(new Set(linesOf('connect').map(({ connection }) => connection)).size).toBe(9);
    expect(linesOf('unbind')).not.toHaveLength(0);
  });
});

const CANARY = {
  administrator: 'canary-administrator-1',
  wrongBind: 'canary-wrong-bind-2',
  literal: 'canary-literal-3',
  file: 'canary-file-4',
  environment: 'canary-environment-5',
  reader: 'canary-reader-6',
  storePin: 'canary-store-pin-7',
  refused: 'canary-refused-8',
} as const;

const SECRETS = `dn: cn=Literal,cn=Mail Servers,cn=config
objectClass: ds-cfg-mail-server
cn: Literal
ds-cfg-enabled: true
ds-cfg-smtp-server: localhost
ds-cfg-auth-username: user
ds-cfg-auth-password: ${CANARY.literal}

dn: cn=File,cn=Mail Servers,cn=config
objectClass: ds-cfg-mail-server
cn: File
ds-cfg-enabled: true
ds-cfg-smtp-server: localhost
ds-cfg-auth-username: user
ds-cfg-auth-password: $<file:config/canary.pin>

dn: cn=Environment,cn=Mail Servers,cn=config
objectClass: ds-cfg-mail-server
cn: Environment
ds-cfg-enabled: true
ds-cfg-smtp-server: localhost
ds-cfg-auth-username: user
ds-cfg-auth-password: $<canary.secret>

dn: cn=Store,cn=Trust Manager Providers,cn=config
objectClass: ds-cfg-file-based-trust-manager-provider
cn: Store
ds-cfg-enabled: false
ds-cfg-trust-store-file: config/store.p12
ds-cfg-trust-store-pin: ${CANARY.storePin}

dn: cn=Reader,cn=Root DNs,cn=config
objectClass: person
objectClass: ds-cfg-root-dn-user
cn: Reader
sn: Reader
ds-cfg-alternate-bind-dn: uid=reader
ds-privilege-name: config-read
userPassword: ${CANARY.reader}
`;

/** Changes that are refused one way or another, each with a secret in it. */
const LITERAL = 'dn: cn=Literal,cn=Mail Servers,cn=config\nchangetype: modify\n';
const REFUSED = [
  `${LITERAL}add: ds-cfg-auth-password\nds-cfg-auth-password: ${CANARY.refused}\n`,
  `${LITERAL}add: ds-cfg-auth-password\nds-cfg-auth-password: ${CANARY.literal}\n`,
  `${LITERAL}delete: ds-cfg-auth-password\nds-cfg-auth-password: ${CANARY.refused}\n`,
  `${LITERAL}delete: ds-cfg-auth-username\n-\nreplace: ds-cfg-auth-password\nds-cfg-auth-password: ${CANARY.refused}\n`,
  `${LITERAL}increment: ds-cfg-auth-password\nds-cfg-auth-password: ${CANARY.refused}\n`,
  `${LITERAL}replace: ds-cfg-auth-password\nds-cfg-auth-password: $<canary.none|${CANARY.refused}$<canary.nowhere>>\n`,
  `${LITERAL}replace: ds-cfg-auth-password\nds-cfg-auth-password: ${CANARY.refused}$<canary.nowhere>\n`,
  `${LITERAL}replace: ds-cfg-auth-password\nds-cfg-auth-password: ${CANARY.refused}$<\n`,
  `${LITERAL}replace: ds-cfg-auth-password;x\nds-cfg-auth-password;x: ${CANARY.refused}\n`,
  `${LITERAL}replace: ds-cfg-auth-pasword\nds-cfg-auth-pasword: ${CANARY.refused}\n`,
  `${LITERAL}replace: ds-cfg-trust-store-pin\nds-cfg-trust-store-pin: ${CANARY.refused}\n`,
  `${LITERAL}replace: ds-cfg-auth-password\nds-cfg-auth-password: ${CANARY.refused}\nds-cfg-auth-password: ${CANARY.refused}\n`,
  `${LITERAL}replace: ds-cfg-smtp-property\nds-cfg-smtp-property: mail.smtp.password=${CANARY.refused}$<canary.nowhere>\n`,
  `${LITERAL}replace: ds-cfg-auth-username\nds-cfg-auth-username: $<canary.nowhere>\n-\nreplace: ds-cfg-auth-password\nds-cfg-auth-password: ${CANARY.refused}\n`,
  `dn: cn=Reader,cn=Root DNs,cn=config\nchangetype: modify\ndelete: userPassword\nuserPassword: ${CANARY.refused}\n`,
  `dn: cn=Reader,cn=Root DNs,cn=config\nchangetype: modify\nreplace: userPassword\nuserPassword: ${CANARY.refused}${'x'.repeat(1025)}\n`,
  `dn: cn=Nobody,cn=Mail Servers,cn=config\nchangetype: modify\nreplace: ds-cfg-auth-password\nds-cfg-auth-password: ${CANARY.refused}\n`,
];

describe('secrets', () => {
  let server: RunningServer;
  let administrator: LdapTools;
  let reader: LdapTools;
  const answers: ProgramResult[] = [];

  beforeAll(async () => {
    server = await startServer({
      password: CANARY.administrator,
      files: { 'config/canary.pin': `${CANARY.file}\n` },
      environment: { CANARY_SECRET: CANARY.environment },
    });
    administrator = new LdapTools(server);
    reader = new LdapTools({ url: server.url, password: CANARY.reader }, 'uid=reader');
    const { code, stderr } = await administrator.add(SECRETS);
    expect(code, stderr).toBe(0);
  });

  it('are read by somebody with the privilege', async () => {
    const { stdout } = await administrator.search(
      'cn=effective',
      'ds-cfg-auth-password',
      'ds-cfg-trust-store-pin',
    );
    for (const canary of [CANARY.literal, CANARY.file, CANARY.environment, CANARY.storePin])
      expect(stdout).toContain(canary);
  });

  it.each(['cn=config', 'cn=effective'])(
    'are stars below %s for others, whatever they ask for',
    async (root) => {
      for (const selectors of [
        [],
        ['*', '+'],
        ['ds-cfg-auth-password', 'ds-cfg-trust-store-pin', 'userPassword'],
      ]) {
        const answer = await reader.search(root, '(objectClass=*)', ...selectors);
        answers.push(answer);
        expect(answer.code, answer.stderr).toBe(0);
        expect(answer.stdout.match(/^ds-cfg-auth-password: \*\*\*$/gm)).toHaveLength(3);
        expect(answer.stdout).not.toContain('{SCRYPT}');
        expect(answer.stdout).not.toMatch(/^userPassword::? (?!\*\*\*|Kioq$)/m);
      }
    },
  );

  it.each([
    `(ds-cfg-auth-password=${CANARY.literal})`,
    `(!(ds-cfg-auth-password=${CANARY.literal}))`,
    '(ds-cfg-auth-password=canary*)',
    '(ds-cfg-auth-password>=a)',
    `(|(ds-cfg-auth-password=${CANARY.file})(ds-cfg-trust-store-pin=${CANARY.storePin}))`,
    `(ds-cfg-auth-password:caseExactMatch:=${CANARY.literal})`,
    `(userPassword=${CANARY.reader})`,
  ])('are not found out by others with the filter %s', async (filter) => {
    for (const root of ['cn=config', 'cn=effective']) {
      const answer = await reader.search(root, filter, '1.1');
      answers.push(answer);
      expect(answer.stdout).toBe('');
    }
  });

  it('are not found out by others with compare', async () => {
    for (const root of ['config', 'effective']) {
      const words = [`cn=Literal,cn=Mail Servers,cn=${root}`, `ds-cfg-auth-password:${CANARY.literal}`];
      const answer = await reader.run('ldapcompare', words);
      answers.push(answer);
      expect(answer.code).toBe(50);
    }
  });

  it.each(REFUSED.map((change, index) => [index + 1, change] as const))(
    'are in no answer to a refused change (%i)',
    async (_, change) => {
      const answer = await administrator.modify(change);
      answers.push(answer);
      expect(answer.code).toBeGreaterThan(0);
      expect(answer.stderr).toContain('additional info');
      expect(answer.stderr).not.toContain('canary-');
    },
  );

  it('are in no answer to a wrong bind', async () => {
    for (const name of ['uid=admin', 'uid=reader', 'uid=nobody', 'nonsense']) {
      const wrong = new LdapTools({ url: server.url, password: CANARY.wrongBind }, name);
      const answer = await wrong.run('ldapwhoami', []);
      answers.push(answer);
      expect(answer.code).toBe(name === 'nonsense' ? 34 : 49);
    }
  });

  it('are in no other answer and in no line of the log', async () => {
    await server.stop();
    const again = await startServer({ folder: server.folder, expectFailure: true });
    const log = [server, again].map((one) =>
      'stdout' in one ? one.stdout + one.stderr : JSON.stringify(one.logLines()) + one.errorOutput(),
    );
    expect(log[0]?.length).toBeGreaterThan(10_000);
    expect(log[1]).toContain('auth-password "$<canary.secret>" cannot be resolved');
    for (const canary of Object.values(CANARY)) {
      for (const text of log) expect(text).not.toContain(canary);
      for (const { stdout, stderr } of answers) expect(stdout + stderr).not.toContain(canary);
    }
  });
});

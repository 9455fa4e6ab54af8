// The HTTP connection handler as monitoring tools meet it: what it answers, what it refuses, and that it is an object of
// the configuration like the others.

import { request } from 'node:http';
import { connect } from 'node:net';
import { beforeAll, describe, expect, it } from 'vitest';
import { accountDn, accountLdif } from '../support/accounts.ts';
import { LdapTools, runProgram } from '../support/ldap-tools.ts';
import { outerAddress } from '../support/outer-address.ts';
import { ADMINISTRATOR, type RunningServer, startServer } from '../support/start-server.ts';

const CANARY = 'canary-secret-of-metrics';
const HANDLER = 'cn=HTTP,cn=Connection Handlers,cn=config';

let server: RunningServer;
let tools: LdapTools;
let url: string;

interface HttpAnswer {
  readonly status: number | undefined;
  readonly type: string | undefined;
  readonly body: string;
  readonly retryAfter?: string | undefined;
}

/** A connection of its own for each request. */
function ask(path: string, method = 'GET', headers = {}): Promise<HttpAnswer> {
  const { promise, resolve, reject } = Promise.withResolvers<HttpAnswer>();
  const sent = request(new URL(path, url), { method, headers, agent: false }, (response) => {
    let text = '';
    response.setEncoding('utf8').on('data', (more: string) => {
      text += more;
    });
    const { statusCode: status, headers } = response;
    const { 'content-type': type, 'retry-after': retryAfter } = headers;
    response.once('end', () => resolve({ status, type, body: text, retryAfter }));
  });
  sent.once('error', reject);
  sent.end();
  return promise;
}

/** Asks with a login by name and password (RFC 7617). */
function askAs(path: string, name = ADMINISTRATOR, password = server.password): Promise<HttpAnswer> {
  return ask(path, 'GET', { Authorization: `Basic ${btoa(`${name}:${password}`)}` });
}

/** What comes back for these octets, until the other side closes. */
function say(octets: string): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>();
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  let text = '';
  socket.setEncoding('latin1').on('data', (more: string) => {
    text += more;
  });
  socket.on('error', () => {});
  socket.once('close', () => resolve(text));
  socket.write(octets);
  return promise;
}

const set = (attribute: string, value: string) =>
  tools.modify(`dn: ${HANDLER}\nchangetype: modify\nreplace: ${attribute}\n${attribute}: ${value}\n`);

/** Disables the handler and enables it again, so that what was changed is in force. */
async function restartHandler(): Promise<void> {
  for (const value of ['false', 'true']) {
    const { code, stderr } = await set('ds-cfg-enabled', value);
    expect(code, stderr).toBe(0);
  }
  await findUrl();
}

async function findUrl(): Promise<void> {
  const [entry] = await tools.entries('cn=HTTP,cn=connection handlers,cn=monitor', '-s', 'base');
  url = entry?.first('ds-mon-listen-address') ?? '';
  expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
}

/** The value of a metric; undefined when there is none. */
function metric(text: string, name: string): number | undefined {
  const line = text.split('\n').find((one) => one.startsWith(`${name} `));
  return line === undefined ? undefined : Number(line.slice(name.length + 1));
}

beforeAll(async () => {
  server = await startServer({ environment: { HTTP_ENABLED: 'true', HTTP_PORT: '0' } });
  tools = new LdapTools(server);
  await findUrl();
  const ldif = [
    'dn: cn=Measured,cn=Mail Servers,cn=config',
    'objectClass: ds-cfg-mail-server',
    'cn: Measured',
    'ds-cfg-enabled: true',
    'ds-cfg-smtp-server: 127.0.0.1:9',
    'ds-cfg-auth-username: metrics',
    `ds-cfg-auth-password: ${CANARY}`,
    '',
  ];
  expect((await tools.add(ldif.join('\n'))).code).toBe(0);
});

describe('what is shipped', () => {
  it('is off unless somebody wants it', async () => {
    const { stdout } = await tools.search(HANDLER, '-s', 'base', '(objectClass=*)', 'ds-cfg-enabled');
    expect(stdout).toContain('ds-cfg-enabled: $<http.enabled|false>');
  });
});

describe('what is answered', () => {
  it('that the server lives and is ready', async () => {
    const plain = 'text/plain; charset=utf-8';
    expect(await ask('/healthz')).toEqual({ status: 200, type: plain, body: 'ok\n' });
    expect(await ask('/readyz?verbose')).toEqual({ status: 200, type: plain, body: 'ok\n' });
  });

  it('the figures of cn=monitor, with the kinds and words of the schema', async () => {
    await expect.poll(async () => (await askAs('/metrics')).body).toContain('mail_server="Measured"');
    const { status, type, body } = await askAs('/metrics');
    expect(status).toBe(200);
    expect(type).toBe('text/plain; version=0.0.4; charset=utf-8');
    expect(body).toContain('# HELP confdit_entry_count Entries of the configuration.\n');
    expect(body).toContain('# TYPE confdit_entry_count gauge\n');
    expect(body).toContain('# TYPE confdit_requests_bind_total counter\n');
    const [writePath] = await tools.entries('cn=write path,cn=monitor', '-s', 'base');
    expect(metric(body, 'confdit_entry_count')).toBe(Number(writePath?.first('ds-mon-entry-count')));
    expect(metric(body, 'confdit_newest_change_number')).toBe(
      Number(writePath?.first('ds-mon-newest-change-number')),
    );
    expect(metric(body, 'confdit_alive')).toBe(1);
    expect(metric(body, 'confdit_start_timestamp_seconds')).toBeLessThanOrEqual(Date.now() / 1000);
    expect(metric(body, 'confdit_requests_bind_total{handler="LDAP"}')).toBeGreaterThan(0);
    expect(metric(body, 'confdit_results_total{result="success"}')).toBeGreaterThan(0);
    expect(metric(body, 'confdit_mail_usable{mail_server="Measured"}')).toBe(1);
    expect(body).not.toContain(CANARY);
  });

  it('without a login figures that name nobody', async () => {
    const { body } = await ask('/metrics');
    expect(metric(body, 'confdit_entry_count')).toBeGreaterThan(0);
    expect(metric(body, 'confdit_results_total{result="success"}')).toBeGreaterThan(0);
    const labels = [...body.matchAll(/\{(\w+)="[^"]*"\}/g)].map(([, label]) => label);
    expect(new Set(labels)).toEqual(new Set(['result']));
    for (const name of ['Measured', '127.0.0.1', 'cn=', CANARY]) expect(body).not.toContain(name);
  });

  it('to an account what its policies show it below cn=monitor', async () => {
    const password = 'a long password of metrics';
    const account = (name: string, privileges: readonly string[]) =>
      accountLdif(name, { password, privileges });
    const policy = [
      'dn: cn=Figures,cn=Access Control Handler,cn=config',
      'objectClass: ds-cfg-global-access-control-policy',
      'ds-cfg-permission: read',
      'ds-cfg-allowed-attribute: *',
      'ds-cfg-allowed-attribute: +',
      `ds-cfg-user-dn-equal-to: ${accountDn('Partly')}`,
      'ds-cfg-request-target-dn-equal-to: cn=Measured,cn=Mail Servers,cn=config',
      '',
    ].join('\n');
    const other = [
      'dn: cn=Hidden,cn=Mail Servers,cn=config',
      'objectClass: ds-cfg-mail-server',
      'ds-cfg-enabled: true',
      'ds-cfg-smtp-server: 127.0.0.1:9',
      '',
    ].join('\n');
    const ldif = [account('Partly', []), account('Watcher', ['monitor-read']), policy, other].join('\n');
    expect(await tools.add(ldif)).toMatchObject({ code: 0, stderr: '' });
    const shown = async (name: string) => {
      const { status, body } = await askAs('/metrics', accountDn(name), password);
      const servers = [...body.matchAll(/mail_usable\{mail_server="([^"]*)"\}/g)].map(([, server]) => server);
      return [status, servers.toSorted(), body.includes('handler="LDAP"')];
    };
    await expect.poll(() => shown('Watcher')).toEqual([200, ['Hidden', 'Measured'], true]);
    expect(await shown('Partly')).toEqual([200, ['Measured'], false]);
    const gone = 'dn: cn=Figures,cn=Access Control Handler,cn=config\nchangetype: delete\n';
    expect((await tools.modify(gone)).code).toBe(0);
    expect(await shown('Partly')).toEqual([200, [], false]);
  });

  it('401 to a login that is wrong, on every page', async () => {
    for (const path of ['/metrics', '/healthz', '/readyz']) {
      const wrong = await askAs(path, ADMINISTRATOR, 'wrong password');
      expect(wrong).toMatchObject({ status: 401, body: 'The name or the password is wrong.\n' });
    }
    for (const Authorization of [
      'Bearer x',
      'Basic',
      'Basic !!',
      `Basic ${btoa('name')}`,
      `Basic ${btoa(':x')}`,
    ])
      expect(await ask('/metrics', 'GET', { Authorization })).toMatchObject({ status: 401 });
    expect(await askAs('/readyz')).toMatchObject({ status: 200, body: 'ok\n' });
  });

  it('to HEAD, without a body', async () => {
    for (const path of ['/metrics', '/healthz', '/readyz'])
      expect(await ask(path, 'HEAD')).toMatchObject({ status: 200, body: '' });
  });

  it('nothing else', async () => {
    expect(await ask('/')).toMatchObject({ status: 404 });
    expect(await ask('/metrics/../config')).toMatchObject({ status: 404 });
    for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH'])
      expect(await ask('/metrics', method)).toMatchObject({ status: 405 });
    const withBody = 'GET /metrics HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nbody';
    expect(await say(withBody)).toMatch(/^HTTP\/1\.1 413 /);
  });
});

describe('a login', () => {
  const password = 'a long password of a login';
  const changed = async (dn: string, ...lines: readonly string[]) => {
    const { code, stderr } = await tools.modify([`dn: ${dn}`, 'changetype: modify', ...lines, ''].join('\n'));
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  };
  const binds = async (name: string) => {
    const words = ['-x', '-H', server.url, '-D', accountDn(name), '-w', password];
    return (await runProgram('ldapwhoami', words)).code;
  };
  const withPolicy = async (name: string, ...lines: readonly string[]) => {
    const policy = `cn=${name},cn=Password Policies,cn=config`;
    const ldif = [`dn: ${policy}`, 'objectClass: ds-cfg-password-policy', ...lines, '', ''].join('\n');
    const of = [`ds-pwp-password-policy-dn: ${policy}`];
    expect(await tools.add(ldif + accountLdif(name, { password, lines: of }))).toMatchObject({ stderr: '' });
  };

  it('that fails too often shuts out nobody who logs in over LDAP', async () => {
    expect((await tools.add(accountLdif('Guessed', { password }))).code).toBe(0);
    await changed('cn=config', 'replace: ds-cfg-lockout-failure-count', 'ds-cfg-lockout-failure-count: 3');
    const log = async (given: string) => {
      const answer = await askAs('/metrics', accountDn('Guessed'), given);
      const result = answer.status === 200 ? 'success' : 'invalidCredentials';
      const why = answer.status === 200 ? undefined : answer.body.trim();
      const line = await server.waitForLog(
        (one) => one.msg === 'http login' && one.name === accountDn('Guessed') && one.why === why,
      );
      expect(line).toMatchObject({ from: '127.0.0.1', result });
      expect(JSON.stringify(line)).not.toContain(given);
      return answer;
    };
    expect(await log(password)).toMatchObject({ status: 200 });
    expect(await log('a wrong guess')).toMatchObject({ status: 401 });
    for (const given of ['another wrong guess', 'a third guess'])
      expect(await log(given)).toMatchObject({ status: 401 });
    const refused = await log(password);
    expect(refused).toMatchObject({ status: 429, retryAfter: expect.stringMatching(/^[1-9]\d*$/) });
    expect(refused.body).toContain('Too many logins');
    expect(await binds('Guessed')).toBe(0);
    await changed('cn=config', 'delete: ds-cfg-lockout-failure-count');
  });

  it('uses up no grace login of an account that must change its password', async () => {
    await withPolicy('Expired', 'ds-cfg-max-password-age: 1 ms', 'ds-cfg-grace-login-count: 1');
    for (let count = 0; count < 2; count += 1)
      expect(await askAs('/metrics', accountDn('Expired'), password)).toMatchObject({
        status: 401,
        body: 'The password must be changed first, over LDAP.\n',
      });
    expect([await binds('Expired'), await binds('Expired')]).toEqual([0, 49]);
  });

  it('is told that its policy wants TLS in words of HTTP', async () => {
    await withPolicy('Secured', 'ds-cfg-require-secure-authentication: true');
    const { status, body } = await askAs('/metrics', accountDn('Secured'), password);
    expect(status).toBe(401);
    expect(body).toContain('require-secure-authentication');
    expect(body).not.toContain('StartTLS');
  });

  it.runIf(outerAddress !== undefined)('from elsewhere is refused, right or wrong', async () => {
    await changed(HANDLER, 'replace: ds-cfg-listen-address', 'ds-cfg-listen-address: 0.0.0.0');
    for (const value of ['false', 'true']) expect((await set('ds-cfg-enabled', value)).code).toBe(0);
    const [entry] = await tools.entries('cn=HTTP,cn=connection handlers,cn=monitor', '-s', 'base');
    const { port } = new URL(entry?.first('ds-mon-listen-address') ?? '');
    url = `http://${outerAddress}:${port}`;
    const refused = { status: 401, body: expect.stringContaining('from this machine only') };
    expect(await askAs('/healthz')).toMatchObject(refused);
    expect(await askAs('/metrics', ADMINISTRATOR, 'wrong')).toMatchObject(refused);
    expect(await ask('/healthz')).toMatchObject({ status: 200 });
    await server.waitForLog(({ msg, from }) => msg === 'http login' && from === outerAddress);
    await changed(HANDLER, 'delete: ds-cfg-listen-address');
    await restartHandler();
  });
});

describe('whoever sends nonsense', () => {
  it.each([
    ['no HTTP', 'NONSENSE\r\n\r\n', /^HTTP\/1\.1 400 /],
    [
      'a head that is too large',
      `GET / HTTP/1.1\r\nHost: x\r\nX: ${'a'.repeat(20_000)}\r\n\r\n`,
      /^HTTP\/1\.1 431 /,
    ],
    [
      'two lengths',
      'GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n',
      /^HTTP\/1\.1 4/,
    ],
    ['a tunnel', 'CONNECT x:1 HTTP/1.1\r\nHost: x\r\n\r\n', /^$/],
  ])('%s, is told and let go', async (_, octets, expected) => {
    expect(await say(octets)).toMatch(expected);
    expect(await ask('/healthz')).toMatchObject({ status: 200 });
  });

  it('a request that never ends, is let go after the time limit', async () => {
    expect((await set('ds-cfg-request-time-limit', '300 ms')).code).toBe(0);
    await restartHandler();
    expect(await say('GET /healthz HTTP/1.1\r\nHost: x\r\n')).toMatch(/^HTTP\/1\.1 408 /);
  });
});

describe('an object of the configuration', () => {
  it('lets in whom it names', async () => {
    expect((await set('ds-cfg-denied-client', '127.0.0.1')).code).toBe(0);
    await expect(ask('/healthz')).rejects.toThrow();
    const back = `dn: ${HANDLER}\nchangetype: modify\ndelete: ds-cfg-denied-client\n`;
    expect((await tools.modify(back)).code).toBe(0);
    expect(await ask('/healthz')).toMatchObject({ status: 200 });
  });

  it('closes its port, and opens it again', async () => {
    expect((await set('ds-cfg-enabled', 'false')).code).toBe(0);
    await expect(ask('/healthz')).rejects.toThrow();
    expect((await set('ds-cfg-enabled', 'true')).code).toBe(0);
    await findUrl();
    expect(await ask('/healthz')).toMatchObject({ status: 200 });
  });

  it('is refused a port that is taken', async () => {
    const ldif = [
      'dn: cn=Second,cn=Connection Handlers,cn=config',
      'objectClass: ds-cfg-http-connection-handler',
      'cn: Second',
      'ds-cfg-enabled: true',
      `ds-cfg-listen-port: ${new URL(url).port}`,
      '',
    ];
    const refused = await tools.add(ldif.join('\n'));
    expect(refused.code).toBe(53);
    expect(refused.stderr).toContain('another program is listening there');
  });

  it('is no handler that the last one could be changed through', async () => {
    for (const name of ['LDAPS', 'LDAPI']) {
      const ldif = `dn: cn=${name},cn=Connection Handlers,cn=config\nchangetype: modify\nreplace: ds-cfg-enabled\nds-cfg-enabled: false\n`;
      expect((await tools.modify(ldif)).code).toBe(0);
    }
    const last =
      'dn: cn=LDAP,cn=Connection Handlers,cn=config\nchangetype: modify\nreplace: ds-cfg-enabled\nds-cfg-enabled: false\n';
    const refused = await tools.modify(last);
    expect(refused.code).toBe(53);
    expect(refused.stderr).toContain('last enabled connection handler');
  });
});

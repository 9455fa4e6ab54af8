// Before anybody has logged in nothing tells a name that somebody has from one that nobody has: the same questions, in all
// the ways there are to ask, about accounts and about names that were made up are answered alike, but for salts, of which
// only the shape and what they have in common can be compared.

import { beforeAll, expect, it } from 'vitest';
import { backendLdif, PEOPLE, PEOPLE_LDIF } from '../../memory/memory-backend-support.ts';
import { accountLdif, passwordModifyRequest, ROOT_DNS } from '../../support/accounts.ts';
import {
  bindRequest,
  compareRequest,
  control,
  extendedRequest,
  saslBindRequest,
  scopes,
  searchRequest,
} from '../../support/ber-bytes.ts';
import { ScramClient } from '../../support/clients/scram-client.ts';
import { LdapTools } from '../../support/ldap-tools.ts';
import { RawClient } from '../../support/raw-client.ts';
import { type RunningServer, startServer } from '../../support/start-server.ts';

const WHO_AM_I = extendedRequest('1.3.6.1.4.1.4203.1.11.3');
const PROXIED = '2.16.840.1.113730.3.4.18';
const SCRAM_256 = 'SCRAM-SHA-256';
const SCRAM_512 = 'SCRAM-SHA-512';
/** An account, and a name that nobody has, for each spelling. */
const PAIRS = 13;
/** Further ones that are asked for salts only: that counts as failures. */
const SALT_PAIRS = 3;

let server: RunningServer;

beforeAll(async () => {
  server = await startServer({ password: 'test-password-1' });
  const tools = new LdapTools(server);
  const ldif: string[] = [];
  for (let index = 0; index < PAIRS + SALT_PAIRS; index++) {
    const lines = [`ds-cfg-alternate-bind-dn: uid=real${index}`];
    const facts = index % 3 === 0 ? { lines } : { password: `a password ${index}`, lines };
    ldif.push(accountLdif(`real${index}`, facts));
  }
  expect(await tools.add(ldif.join('\n'))).toMatchObject({ code: 0, stderr: '' });
  const limit =
    'dn: cn=config\nchangetype: modify\nreplace: ds-cfg-lockout-failure-count\nds-cfg-lockout-failure-count: 3';
  expect(await tools.modify(limit)).toMatchObject({ code: 0 });
  expect(await tools.add(backendLdif())).toMatchObject({ code: 0 });
  expect(await tools.add(PEOPLE_LDIF)).toMatchObject({ code: 0 });
});

/** The first letter as an escaped octet. */
function escaped(name: string): string {
  return `\\${(name.codePointAt(0) ?? 0).toString(16)}${name.slice(1)}`;
}

/** All the ways to write one name. */
function spellings(name: string): readonly string[] {
  const dn = `cn=${name},${ROOT_DNS}`;
  return [
    ...[name, name.toUpperCase(), `u:${name}`, `U:${name}`, `uid=${name}`, `UID = ${name}`, `dn:uid=${name}`],
    ...[dn, dn.toUpperCase(), `dn:${dn}`, dn.replaceAll(',', ' , '), `2.5.4.3=${name},${ROOT_DNS}`],
    `cn=${escaped(name)},${ROOT_DNS}`,
  ];
}

const inScram = (name: string) => name.replaceAll('=', '=3D').replaceAll(',', '=2C');

/** What can be compared of an answer: names that were asked for, times and salts are left out of it. */
function shapeOf(
  answer: { code?: number | undefined; text: string; serverSaslCredentials?: string | undefined },
  name: string,
) {
  const text = answer.text
    .toLowerCase()
    .replaceAll(name, 'NAME')
    .replaceAll(escaped(name), 'ESCAPED')
    .replace(/in \d+ seconds/, 'in N seconds');
  const told = answer.serverSaslCredentials?.replace(
    /^r=[^,]*,s=[^,]*/,
    (part) => `r=…,s=${part.split('s=')[1]?.length}`,
  );
  return { code: answer.code, text, told };
}

/** What SCRAM says first of all spellings of a name, and which of them it takes for one. */
async function challengesOf(name: string): Promise<unknown> {
  const asked = spellings(name).flatMap((spelling) =>
    [SCRAM_256, SCRAM_512].map((mechanism) => ({ spelling, mechanism })),
  );
  const clients: RawClient[] = [];
  const answers = [];
  for (const { spelling, mechanism } of asked) {
    const client = await RawClient.connect(server);
    // They stay open, since an exchange that is not finished counts as a failure.
    clients.push(client);
    answers.push(await client.request(saslBindRequest(mechanism, new ScramClient(inScram(spelling)).first)));
  }
  const salts = answers.map(
    ({ serverSaslCredentials = '' }) => /s=([^,]*)/.exec(serverSaslCredentials)?.[1] ?? '',
  );
  for (const client of clients) client.close();
  return {
    shapes: answers.map((answer) => shapeOf(answer, name)),
    classes: salts.map((salt) => salts.indexOf(salt)),
  };
}

/** What is answered to questions about a name in one of its spellings, and to binds with all of them afterwards. */
async function answersAbout(name: string, spelling: string): Promise<unknown> {
  const client = await RawClient.connect(server);
  const shapes: unknown[] = [];
  const ask = async (...requests: readonly Buffer[]) => {
    for (const request of requests) shapes.push(shapeOf(await client.request(request), name));
  };
  const scram = new ScramClient(inScram(spelling));
  const first = await client.request(saslBindRequest(SCRAM_256, scram.first));
  const { message } = scram.final(first.serverSaslCredentials ?? '', 'a guess');
  await ask(
    ...[saslBindRequest(SCRAM_256, message), bindRequest(spelling, 'a guess'), bindRequest(spelling, '')],
    ...[saslBindRequest('EXTERNAL', spelling), saslBindRequest('PLAIN', `${spelling}\0${spelling}\0a guess`)],
    ...[passwordModifyRequest({ user: spelling, old: 'a guess', new: 'another' })],
    ...[passwordModifyRequest({ user: spelling }), searchRequest(spelling, { scope: scopes.base })],
    compareRequest(spelling, 'cn', name),
  );
  const proxied = [control(PROXIED, true, `dn:${spelling}`)];
  shapes.push(shapeOf(await client.request(WHO_AM_I, proxied), name));
  // By now logins are refused, by whichever spelling.
  await ask(...spellings(name).map((other) => saslBindRequest('PLAIN', `\0${other}\0another guess`)));
  client.close();
  return shapes;
}

it('SCRAM says of names that somebody has what it says of names that nobody has', async () => {
  for (let index = PAIRS; index < PAIRS + SALT_PAIRS; index++)
    expect(await challengesOf(`real${index}`)).toEqual(await challengesOf(`fake${index}`));
});

it('no question tells names that somebody has from names that nobody has', async () => {
  for (let index = 0; index < PAIRS; index++) {
    const [real, fake] = [`real${index}`, `fake${index}`];
    const one = await answersAbout(real, spellings(real)[index] ?? real);
    expect(one).toEqual(await answersAbout(fake, spellings(fake)[index] ?? fake));
  }
});

it('nor does whoever is logged in without privileges learn them by Password Modify or by proxied authorization', async () => {
  const client = await RawClient.bound(server, `uid=ada,${PEOPLE}`, 'enchantress of numbers');
  for (const [real, fake] of [
    ['real0', 'fake0'],
    ['real1', 'fake1'],
  ] as const) {
    const answers = [real, fake].map(async (name) => {
      const shapes: unknown[] = [];
      for (const spelling of spellings(name)) {
        shapes.push(shapeOf(await client.request(passwordModifyRequest({ user: spelling, new: 'x' })), name));
        shapes.push(shapeOf(await client.request(WHO_AM_I, [control(PROXIED, true, `u:${spelling}`)]), name));
      }
      return shapes;
    });
    const [one, other] = await Promise.all(answers);
    expect(one).toEqual(other);
  }
});

it('an exchange of SCRAM that is not finished counts as a failed login', async () => {
  const name = 'never-finished';
  const texts: string[] = [];
  for (let index = 0; index < 30; index++) {
    const client = await RawClient.connect(server);
    const { code, text } = await client.request(saslBindRequest(SCRAM_256, new ScramClient(name).first));
    texts.push(`${code} ${text}`);
    if (code === 49) break;
    // Another bind abandons the exchange, as the end of the connection does.
    if (index % 2 === 0) await client.request(bindRequest('', ''));
    client.close();
    await client.closed();
  }
  expect(texts.at(-1)).toContain('Try again in');
});

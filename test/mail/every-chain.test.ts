// Every certificate chain that OpenSSL's check refuses, presented to the server itself: what `verify-mail-server` says of each
// names the certificate, the rule and the way out, and no octet of the login is sent.

import { mkdir, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { createServer, type Server } from 'node:tls';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { confditFor } from '../support/confdit-program.ts';
import { LdapTools } from '../support/ldap-tools.ts';
import { type RunningServer, startServer } from '../support/start-server.ts';
import { badChains } from '../trust/chains/bad-chains.ts';
import type { BadChain } from '../trust/chains/chain-workshop.ts';
import { mailServerLdif } from './mail-servers-in-ldif.ts';

interface Verified {
  readonly name: string;
  readonly successful: boolean;
  readonly messages: readonly { readonly severity: string; readonly message: string }[];
}

const CANARY = 'canary-ohGh8aic';
const chains = badChains();
const listeners: Server[] = [];
/** What came within TLS. */
const received: string[] = [];
let server: RunningServer;
let told: ReadonlyMap<string, Verified>;

/** @param at the place in the table, by which mail servers are called: names of chains are sentences. */
const nameOf = (at: number) => `chain ${at}`;

async function listen({ own, sent }: BadChain): Promise<number> {
  const cert = [own, ...sent].map(({ certificate }) => certificate).join('');
  // The server takes keys that no client would.
  const listener = createServer({ key: own.keyPem, cert, ciphers: 'DEFAULT@SECLEVEL=0' }, (socket) => {
    socket
      .on('error', () => {})
      .on('data', (data) => {
        received.push(data.toString('latin1'));
        socket.write('250 AUTH PLAIN LOGIN\r\n');
      });
    socket.write('220 mail.example.com ESMTP\r\n');
  });
  listener.on('tlsClientError', () => {});
  listeners.push(listener);
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
  return (listener.address() as AddressInfo).port;
}

/** The trust manager of a chain, with its authorities, and a mail server that presents it. */
async function ldifOf(chain: BadChain, at: number): Promise<string> {
  const folder = join('config', 'chains', String(at));
  await mkdir(join(server.folder, folder), { recursive: true });
  const pem = chain.trusted.map(({ certificate }) => certificate).join('');
  await writeFile(join(server.folder, folder, 'authorities.pem'), pem);
  const trust = `cn=trust ${at},cn=Trust Manager Providers,cn=config`;
  return [
    ...[`dn: ${trust}`, 'objectClass: ds-cfg-pem-trust-manager-provider', 'ds-cfg-enabled: true'],
    ...[`ds-cfg-pem-directory: ${folder}`, ''],
    mailServerLdif(nameOf(at), {
      'smtp-server': `localhost:${await listen(chain)}`,
      'use-ssl': true,
      'auth-username': 'user',
      'auth-password': CANARY,
      'trust-manager-provider': trust,
    }),
  ].join('\n');
}

beforeAll(async () => {
  server = await startServer();
  const ldif = await Promise.all(chains.map(ldifOf));
  expect(await new LdapTools(server).add(ldif.join('\n'))).toMatchObject({ code: 0, stderr: '' });
  const { code, stdout } = await confditFor(server)('verify-mail-server', '--all', '--json');
  expect(code).toBe(1);
  const { mailServers }: { readonly mailServers: readonly Verified[] } = JSON.parse(stdout);
  told = new Map(mailServers.map((one) => [one.name, one]));
});

afterAll(() => {
  for (const listener of listeners) listener.close();
});

it('there is one for each reason', () => {
  expect(chains.length).toBeGreaterThanOrEqual(57);
  expect(told.size).toBe(chains.length);
});

it.each(chains.map((chain, at) => [chain.name, chain, at] as const))('%s', (_, { says, advises }, at) => {
  const { successful = true, messages = [] } = told.get(nameOf(at)) ?? {};
  expect(successful).toBe(false);
  const [refusal] = messages.filter(({ severity }) => severity === 'ERROR');
  // The log of a task has single quotes.
  const text = refusal?.message.replaceAll("'", '"');
  expect(text).toMatch(/^The certificate of localhost is not trusted\. /);
  expect(text).toMatch(says);
  expect(text).toMatch(advises);
  expect(text).not.toMatch(/unspecified|undefined/i);
});

it('none of them was sent anything but the greeting and its end', () => {
  expect(received.join('')).toMatch(/^(?:(?:EHLO [^\r\n]*|QUIT)\r\n)*$/);
});

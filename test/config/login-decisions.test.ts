import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { objectDefinitions } from '../../src/config/definitions.ts';
import { LOGIN_DECISIONS } from '../../src/config/login-decisions.ts';

const PAGE = readFileSync(new URL('../../docs/access.md', import.meta.url), 'utf8');

describe('what decides who a client is', () => {
  it.each(LOGIN_DECISIONS)('names properties that $kind has', ({ kind, properties = [], whereWritten }) => {
    const definition = objectDefinitions.find((one) => one.kind === kind);
    const names = definition?.properties.map(({ name }) => name) ?? [];
    expect(definition).toBeDefined();
    for (const name of [...properties, ...(whereWritten === undefined ? [] : [whereWritten])])
      expect(names).toContain(name);
  });

  it.each(LOGIN_DECISIONS)('is in docs/access.md ($kind, $decides)', ({ kind, properties = [] }) => {
    const row = PAGE.split('\n').find(
      (line) => line.startsWith(`| \`${kind}\``) && properties.every((name) => line.includes(`\`${name}\``)),
    );
    expect(row).toBeDefined();
  });

  /** Whoever adds a property with one of these names decides whether it belongs into the table. */
  it('has every property about certificates, trust and logins of what serves clients', () => {
    const decided = new Set(LOGIN_DECISIONS.flatMap(({ properties = [] }) => properties));
    const kinds = ['connection-handler', 'backend', 'global-configuration'];
    const doubtful = objectDefinitions
      .filter(
        ({ kind, location }) => kinds.includes(kind) || ('under' in location && isOfClients(location.under)),
      )
      .flatMap(({ properties }) => properties.map(({ name }) => name))
      .filter((name) => /trust-|client-auth|password|lockout|socket-file|ldif-file|identity/.test(name));
    // These have one value only, or none: nothing can be changed by them.
    expect([...new Set(doubtful)].filter((name) => !decided.has(name))).toEqual([
      'trust-transaction-ids',
      'bind-with-dn-requires-password',
      'proxied-authorization-identity-mapper',
    ]);
  });
});

function isOfClients(container: string): boolean {
  return /^cn=(?:Connection Handlers|Backends),/.test(container);
}

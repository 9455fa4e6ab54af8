// Who is asked when a plan is tried at the other servers of a cluster: the one that is meant, or nobody.

import { expect, it } from 'vitest';
import type { ConnectionChoice } from '../../../src/cli/connection/connection-choice.ts';
import { otherChoice } from '../../../src/cli/connection/other-server.ts';
import { judgementOf } from '../../../src/cli/files/all-servers.ts';
import { Dn } from '../../../src/ldap/dn.ts';
import { Entry } from '../../../src/ldap/entry.ts';

const URL_OF_ONE_MACHINE = 'ldap://127.0.0.1:1389';

function shown(name: string, self: 'TRUE' | 'FALSE'): Entry {
  return Entry.of(Dn.parse(`cn=${name},cn=servers,cn=monitor`), {
    'ds-mon-server-id': `id of ${name}`,
    'ds-mon-server-here': 'TRUE',
    'ds-mon-server-self': self,
    'ds-mon-server-url': URL_OF_ONE_MACHINE,
  });
}

/** Returns the judgement of the server `two` when what answers at its address shows these servers. */
async function judgedBy(answering: readonly Entry[]) {
  const refused = () => Promise.reject(new Error('not asked'));
  const directory = {
    search: async () => [...answering],
    add: refused,
    modify: refused,
    delete: refused,
    rename: refused,
    changeAll: refused,
    tryAll: async () => [],
    close: async () => {},
  };
  return judgementOf(shown('two', 'FALSE'), [], async () => directory);
}

it('the server that is meant is asked', async () => {
  const judged = await judgedBy([shown('one', 'FALSE'), shown('two', 'TRUE')]);
  expect(judged).toMatchObject({ name: 'two', problems: [], unknown: undefined });
});

it('a server that answers at the address of another one does not speak for it', async () => {
  const { unknown } = await judgedBy([shown('one', 'TRUE'), shown('two', 'FALSE')]);
  expect(unknown).toMatch(/^at its address \(ldap:\/\/127\.0\.0\.1:1389\) the server one has answered\./);
  expect((await judgedBy([])).unknown).toContain('a server that does not say who it is has answered');
});

it('an address of one machine is not taken from another one, and gets no password', () => {
  const typed: ConnectionChoice = {
    socket: undefined,
    host: 'one.example',
    port: 1636,
    security: 'ssl',
    trustsAll: false,
    trustStore: undefined,
    keyStore: undefined,
    connectPatience: { ms: 1, option: 'connectTimeout' },
    requestPatience: { ms: 1, option: 'requestTimeout' },
    login: undefined,
  };
  expect(() => otherChoice(typed, [URL_OF_ONE_MACHINE])).toThrow('it listens for its own machine only');
  const both = [URL_OF_ONE_MACHINE, 'ldaps://two.example:1636'];
  expect(otherChoice(typed, both)).toMatchObject({ host: 'two.example', port: 1636, security: 'ssl' });
  expect(otherChoice({ ...typed, host: 'localhost', security: 'none' }, [URL_OF_ONE_MACHINE])).toMatchObject({
    host: '127.0.0.1',
    port: 1389,
  });
});

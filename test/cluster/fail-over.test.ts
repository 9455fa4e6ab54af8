// Whoever watches a server of a cluster goes on at another one when it is killed, and misses nothing.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openMailServer } from '../../src/client/open-mail-server.ts';
import { Oid } from '../../src/ldap/oids.ts';
import { controlValue } from '../operations/controls/control-client.ts';
import { Watch } from '../operations/controls/watch.ts';
import { answerTags } from '../support/ber-element.ts';
import { numbersInChangelog, SyncFollower, Writers } from '../support/cluster/fail-over.ts';
import { ServerGroup } from '../support/cluster/server-group.ts';
import { PROGRAM } from '../support/confdit-program.ts';
import { readSyncDone } from '../support/control-values.ts';
import { LdapTools } from '../support/ldap-tools.ts';
import { ADMINISTRATOR } from '../support/start-server.ts';
import { until } from '../support/until.ts';

const MAIN = `dn: cn=Main,cn=Mail Servers,cn=config
objectClass: ds-cfg-mail-server
cn: Main
ds-cfg-enabled: true
ds-cfg-smtp-server: 127.0.0.1:25
ds-cfg-use-start-tls: false
`;

let group: ServerGroup;

beforeAll(async () => {
  group = await ServerGroup.start();
  expect(await new LdapTools(group.server(0)).add(MAIN)).toMatchObject({ code: 0 });
  await group.caughtUp([0, 1, 2]);
});

afterAll(() => group.close());

function watchCommand(): { readonly child: ChildProcess; readonly numbers: () => number[] } {
  const [first, ...others] = group.servers;
  const words = ['watch', '--json', '--port', String(first?.port), '--bindPassword:env', 'PASSWORD'];
  const more = others.flatMap(({ port }) => ['--otherServer', `localhost:${port}`]);
  const env = { PATH: process.env.PATH, PASSWORD: group.server(0).password };
  const child = spawn(process.execPath, [PROGRAM, ...words, ...more], {
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let printed = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    printed += text;
  });
  const lines = () =>
    printed
      .slice(0, printed.lastIndexOf('\n') + 1)
      .split('\n')
      .filter(Boolean);
  return { child, numbers: () => lines().map((line) => Number(JSON.parse(line).number)) };
}

describe('a client that watches a server of a cluster', () => {
  it('goes on at another when its own is killed under writers, and hears of each change once', async () => {
    const [first, second] = [group.server(0), group.server(1)];
    const follower = new SyncFollower();
    const following = follower.run(group.servers);
    const command = watchCommand();
    const mail = await openMailServer({
      url: group.servers.map(({ url }) => url),
      bindDn: ADMINISTRATOR,
      password: first.password,
      mailServer: 'Main',
    });
    const writers = new Writers(group.servers);
    await until(() => follower.numbers.length > 50 && command.numbers().length > 50);
    const [recovery, loss] = [once(mail, 'recovery'), once(mail, 'loss')];
    const told = follower.numbers.length;
    await first.kill();
    await until(() => follower.numbers.length > told + 200 && command.numbers().length > told + 200);
    await writers.stop();
    await Promise.all([loss, recovery]);
    const change = once(mail, 'change');
    const modify =
      'dn: cn=Main,cn=Mail Servers,cn=config\nchangetype: modify\nreplace: ds-cfg-smtp-server\nds-cfg-smtp-server: 127.0.0.1:26\n';
    expect(await new LdapTools(second).modify(modify)).toMatchObject({ code: 0 });
    expect(await change).toMatchObject([{ port: 26 }]);
    await mail.close();
    await group.caughtUp([1, 2]);
    const [from = 0] = follower.numbers;
    const all = await numbersInChangelog(second, from - 1);
    await until(() => follower.numbers.length >= all.length);
    expect(follower.numbers).toEqual(all);
    expect(follower.codes).toEqual([]);
    const [printedFrom = 0] = command.numbers();
    const printed = await numbersInChangelog(second, printedFrom - 1);
    await until(() => command.numbers().length >= printed.length);
    expect(command.numbers()).toEqual(printed);
    follower.close();
    command.child.kill('SIGINT');
    await following;
  });

  it('begins again only with a cookie of a change that nobody has, and is sent elsewhere while that is not known', async () => {
    const server = group.server(1);
    const cookie = await pollOnce(undefined);
    const ahead = String(cookie.cookie).replace(/,(\d+),/, (_, number) => `,${Number(number) + 1000},`);
    expect(await pollOnce(ahead)).toMatchObject({ code: 4096 });
    await group.etcd.member(0).end('SIGTERM');
    const refused = await pollOnce(ahead);
    expect(refused).toMatchObject({
      code: 52,
      text: expect.stringContaining('Come again with the same cookie'),
    });
    group.etcd.member(0).start();
    await group.etcd.healthy();
    await until(
      async () => (await new LdapTools(server).delete('cn=Main,cn=Mail Servers,cn=config')).code === 0,
    );
  });
});

async function pollOnce(
  cookie: string | undefined,
): Promise<{ readonly code: number; readonly text: string; readonly cookie: string | undefined }> {
  const watch = await Watch.sync(group.server(1), { mode: 'refreshOnly', cookie });
  for (;;) {
    const one = await watch.next();
    if (one.tag !== answerTags.searchDone) continue;
    watch.client.close();
    const value = controlValue(one, Oid.syncDone);
    return {
      code: one.code,
      text: one.text,
      cookie: value === undefined ? undefined : readSyncDone(value).cookie,
    };
  }
}

// Replaces the servers of a cluster by this version of confdit, one after the other, while writers go on at all of them, and looks
// whether anything that was acknowledged is lost:
//
//     git worktree add /tmp/older c954dda && (cd /tmp/older && npm ci)
//     npm run upgrade-cluster -- --older /tmp/older
//
// With --unknown the servers of the newer version have a schema that the older one does not know, and a change uses it while the
// others are still of the older version. Those must follow no further, take nothing, and catch up once they are replaced.

import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { upgradeCluster } from '../test/support/cluster/rolling-upgrade.ts';
import { endServers } from '../test/support/server-process.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const UNKNOWN_SCHEMA = `dn: cn=schema
attributeTypes: ( 2.25.121314151617181920.1 NAME 'upgrade-note' EQUALITY caseIgnoreMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 )
objectClasses: ( 2.25.121314151617181920.2 NAME 'upgrade-noted' SUP top AUXILIARY MAY upgrade-note )
`;
const UNKNOWN_ENTRY = `dn: cn=Of the newer version,cn=Mail Servers,cn=config
objectClass: ds-cfg-mail-server
objectClass: upgrade-noted
cn: Of the newer version
ds-cfg-enabled: false
ds-cfg-smtp-server: smtp.example.com
upgrade-note: only the newer version knows it
`;

const { values } = parseArgs({
  options: { older: { type: 'string' }, unknown: { type: 'boolean', default: false } },
});
if (values.older === undefined) {
  process.stderr.write('upgrade-cluster: name the folder of the older version with --older.\n');
  process.exit(2);
}

const startedAt = performance.now();
try {
  const { acknowledged, refused, problems } = await upgradeCluster({
    older: resolve(values.older),
    newer: ROOT,
    unknown: values.unknown ? { schema: UNKNOWN_SCHEMA, entry: UNKNOWN_ENTRY } : undefined,
    tell: (step) => void process.stdout.write(`${step}\n`),
  });
  for (const problem of problems) process.stdout.write(`${problem}\n`);
  const seconds = Math.round((performance.now() - startedAt) / 1000);
  process.stdout.write(
    `${acknowledged} changes acknowledged, ${refused} refused, ${problems.length} problems, in ${seconds} s.\n`,
  );
  process.exitCode = problems.length === 0 ? 0 : 1;
} finally {
  await endServers();
}

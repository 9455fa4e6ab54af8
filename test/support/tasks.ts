// Tasks as administrators add them: an entry goes in, and is read until it has ended.

import type { Entry } from '../../src/ldap/entry.ts';
import type { LdapTools } from './ldap-tools.ts';

const LOOK_MS = 30;
let count = 0;

/** Adds a task with these attributes (LDIF lines) and resolves to its entry when it has ended. */
export async function runTask(
  tools: LdapTools,
  objectClass: string,
  lines: readonly string[],
): Promise<Entry> {
  count += 1;
  const id = `test-${process.pid}-${count}`;
  const dn = `ds-task-id=${id},cn=Scheduled Tasks,cn=tasks`;
  const ldif = [`dn: ${dn}`, 'objectClass: top', 'objectClass: ds-task', `objectClass: ${objectClass}`];
  const { code, stderr } = await tools.add([...ldif, `ds-task-id: ${id}`, ...lines, ''].join('\n'));
  if (code !== 0) throw new Error(`The task was refused (${code}): ${stderr}`);
  for (;;) {
    const [entry] = await tools.entries(dn, '-s', 'base');
    const state = entry?.first('ds-task-state') ?? '';
    if (entry !== undefined && /^(?:COMPLETED|STOPPED)/i.test(state)) return entry;
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
}

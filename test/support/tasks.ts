// Tasks as administrators add them: an entry goes in, and is read until it has ended.

import type { Entry } from '../../src/ldap/entry.ts';
import type { LdapTools } from './ldap-tools.ts';

const LOOK_MS = 30;
let count = 0;

export function taskDn(id: string): string {
  return `ds-task-id=${id},cn=Scheduled Tasks,cn=tasks`;
}

/** The LDIF of a new task; `lines` are its further attributes. */
export function taskLdif(id: string, objectClass: string, lines: readonly string[]): string {
  const classes = ['top', 'ds-task', objectClass].map((name) => `objectClass: ${name}`);
  return [`dn: ${taskDn(id)}`, ...classes, `ds-task-id: ${id}`, ...lines, ''].join('\n');
}

/** Adds a task with these attributes (LDIF lines) and resolves to its entry when it has ended. */
export async function runTask(
  tools: LdapTools,
  objectClass: string,
  lines: readonly string[],
): Promise<Entry> {
  count += 1;
  const id = `test-${process.pid}-${count}`;
  const { code, stderr } = await tools.add(taskLdif(id, objectClass, lines));
  if (code !== 0) throw new Error(`The task was refused (${code}): ${stderr}`);
  return untilTask(tools, taskDn(id), (state) => /^(?:COMPLETED|STOPPED)/i.test(state));
}

/** Resolves to the entry of the task once its state fits. */
export async function untilTask(
  tools: LdapTools,
  dn: string,
  fits: (state: string) => boolean,
): Promise<Entry> {
  for (;;) {
    const [entry] = await tools.entries(dn, '-s', 'base');
    if (entry !== undefined && fits(entry.first('ds-task-state') ?? '')) return entry;
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
}

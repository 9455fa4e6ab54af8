// Where tasks are: PingDS's names.

import { Dn } from '../ldap/dn.ts';

export const TASKS = Dn.parse('cn=tasks');

/** Below these a task may be added; those that repeat by themselves are not known here. */
export const TASK_BRANCHES: readonly Dn[] = [TASKS, Dn.parse('cn=Scheduled Tasks,cn=tasks')];

// Checks a new task of a client, and fills in what the server sets.

import { Attribute, type Entry } from '../ldap/entry.ts';
import { type Issue, refuseIfAny } from '../ldap/issue.ts';
import type { TaskKind } from './task-kind.ts';
import { TaskState, taskTimeOf } from './task-state.ts';

/** Attributes that only the server sets. */
const KEPT_BY_SERVER = ['ds-task-actual-start-time', 'ds-task-completion-time', 'ds-task-log-message'];

/** Features of OpenDJ that this server does not have: refused with a reason. */
const NOT_DONE: Readonly<Record<string, string>> = {
  'ds-task-dependency-id': 'Add the task when the other one has ended.',
  'ds-task-failed-dependency-action': 'Add the task when the other one has ended.',
  'ds-task-notify-on-completion': 'Watch the entry, or read its ds-task-state.',
  'ds-task-notify-on-error': 'Watch the entry, or read its ds-task-state.',
};

/** Completes a new task, whose attributes are in the schema's spelling. Throws LdapError with all problems. */
export function completeTask(entry: Entry, kind: TaskKind | undefined, kinds: readonly TaskKind[]): Entry {
  const dn = entry.dn.toString();
  refuseIfAny([
    ...kindIssues(entry, kind, kinds),
    ...keptIssues(entry),
    ...startIssues(entry),
    ...nameIssues(entry),
  ]);
  const className = entry.first('ds-task-class-name') ?? kind?.classNames[0] ?? dn;
  return entry
    .with(new Attribute('ds-task-class-name', [className]))
    .with(new Attribute('ds-task-state', [TaskState.waiting]));
}

function kindIssues(entry: Entry, kind: TaskKind | undefined, kinds: readonly TaskKind[]): readonly Issue[] {
  const dn = entry.dn.toString();
  const [first = ''] = entry.values('ds-task-class-name');
  if (kind === undefined) {
    const known = kinds.map(({ objectClass }) => objectClass).join(', ');
    const problem = 'names no kind of task that this server has';
    return [
      { code: 'unwillingToPerform', dn, property: 'objectClass', problem, advice: `Give one of ${known}.` },
    ];
  }
  if (first === '' || kind.classNames.includes(first)) return [];
  const advice = `Leave it out, or write ${kind.classNames.join(' or ')}.`;
  const problem = `is not what carries out a ${kind.objectClass}`;
  return [
    { code: 'constraintViolation', dn, property: 'ds-task-class-name', received: first, problem, advice },
  ];
}

function keptIssues(entry: Entry): readonly Issue[] {
  const dn = entry.dn.toString();
  const kept = KEPT_BY_SERVER.filter((key) => entry.find(key) !== undefined).map(
    (property): Issue => ({
      code: 'constraintViolation',
      dn,
      property,
      problem: 'is what the server says of a task',
      advice: 'Leave it out.',
    }),
  );
  const notDone = Object.entries(NOT_DONE)
    .filter(([key]) => entry.find(key) !== undefined)
    .map(
      ([property, advice]): Issue => ({
        code: 'unwillingToPerform',
        dn,
        property,
        problem: 'is not done by this server',
        advice,
      }),
    );
  const state = entry.first('ds-task-state');
  if (state === undefined || state.toUpperCase() === TaskState.waiting) return [...kept, ...notDone];
  const problem = 'is no state that a task begins with';
  const issue: Issue = {
    code: 'constraintViolation',
    dn,
    property: 'ds-task-state',
    received: state,
    problem,
    advice: 'Leave it out.',
  };
  return [...kept, ...notDone, issue];
}

function startIssues(entry: Entry): readonly Issue[] {
  const property = 'ds-task-scheduled-start-time';
  const received = entry.first(property);
  if (received === undefined || received === '0' || taskTimeOf(entry, property) !== undefined) return [];
  return [
    {
      code: 'constraintViolation',
      dn: entry.dn.toString(),
      property,
      received,
      problem: 'is not a time',
      advice: 'Write it as 20261224180000Z, or leave it out to start at once.',
    },
  ];
}

/** Finds problems of the name, by which the server recognises tasks. */
function nameIssues({ dn }: Entry): readonly Issue[] {
  const [ava, ...others] = dn.rdn ?? [];
  if (ava !== undefined && others.length === 0 && ava.type.toLowerCase() === 'ds-task-id') return [];
  return [
    {
      code: 'namingViolation',
      dn: dn.toString(),
      problem: 'is not named by its ds-task-id',
      advice: 'Name it ds-task-id=<something new>.',
    },
  ];
}

// What refuses several changes that are made together: one answer has all of it. What is wrong only because a change before it
// was refused is left out.

import { ChangeRefused } from '../../backend/change-refused.ts';
import type { Effect } from '../../directory/apply-change.ts';
import type { Tree } from '../../directory/tree.ts';
import type { Change } from '../../ldap/change.ts';
import { formatIssue, type Issue, textOfSentences } from '../../ldap/issue.ts';
import { LdapError } from '../../ldap/ldap-error.ts';
import type { ObjectDifference } from '../../runtime/component.ts';
import type { Runtime } from '../../runtime/runtime.ts';
import type { WriteStep } from './requests.ts';
import type { Staging } from './staging.ts';

export interface RefusedStep {
  /** Which of the steps, from 0. */
  readonly index: number;
  readonly error: LdapError;
  /** The change that could not be applied; undefined where the step was refused before it had one. */
  readonly change: Change | undefined;
}

/** Stages steps with the number that their commit will have. Returns their effects, step by step, and those that are refused. */
export function stageSteps(steps: readonly WriteStep[], staging: Staging, tree: Tree, number: number) {
  const refused: RefusedStep[] = [];
  const effects = steps.map((step, index): readonly Effect[] => {
    const mark = tree.mark();
    let trying: Change | undefined;
    try {
      const made: Effect[] = [];
      for (const change of step.changes(number)) {
        trying = change;
        made.push(...staging.take(change));
      }
      step.accept?.(made);
      return made;
    } catch (error) {
      if (steps.length === 1 || !(error instanceof LdapError)) throw error;
      // The others are looked at without it, so that one answer has all that is wrong.
      tree.rollBackTo(mark);
      refused.push({ index, error, change: trying });
      return [];
    }
  });
  return { effects, refused };
}

/**
 * Returns the error that refuses a write: that of its first refused step, or of its first issue, with all that is wrong.
 * @param further sentences of components that could not prepare what is right
 */
export function refusalOf(
  refused: readonly RefusedStep[],
  issues: readonly Issue[],
  further: readonly string[],
): Error {
  const found = [...issues.map(formatIssue), ...further];
  const [first] = refused;
  if (first === undefined)
    return new LdapError(issues[0]?.code ?? 'unwillingToPerform', textOfSentences(found), { issues });
  const sentences = new Set(linesOf(first.error));
  const missing: string[] = [];
  const isConsequence = (sentence: string) => {
    const text = sentence.toLowerCase();
    return missing.some((name) => text.includes(name));
  };
  for (const { error, change } of refused) {
    for (const line of linesOf(error)) if (!isConsequence(line)) sentences.add(line);
    const name = change && nameMadeBy(change);
    if (name !== undefined) missing.push(name);
  }
  for (const sentence of found) if (!isConsequence(sentence)) sentences.add(sentence);
  const { code, matchedDn, referrals } = first.error;
  const refusal = new LdapError(code, textOfSentences([...sentences]), {
    ...(matchedDn === undefined ? {} : { matchedDn }),
    ...(referrals === undefined ? {} : { referrals }),
    issues: [...refused.flatMap(({ error }) => error.issues ?? []), ...issues],
    cause: first.error,
  });
  return new ChangeRefused(refusal, first.index);
}

/** Returns the refusal of some steps together with what else was thrown; that alone where no step was refused. */
export function refusalOfSome(refused: readonly RefusedStep[], thrown: unknown): unknown {
  return refused.length > 0 && thrown instanceof LdapError ? refusalOf(refused, [], linesOf(thrown)) : thrown;
}

/** Resolves to the steps when each is ready; rejects with all that refuses some of them. */
export async function allReady<Step>(steps: readonly Promise<Step>[]): Promise<readonly Step[]> {
  const settled = await Promise.allSettled(steps);
  const refused = settled.flatMap((one, index): readonly RefusedStep[] => {
    if (one.status === 'fulfilled') return [];
    if (!(one.reason instanceof LdapError)) throw one.reason;
    return [{ index, error: one.reason, change: undefined }];
  });
  if (refused.length > 0) throw refusalOf(refused, [], []);
  return settled.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
}

/** Returns the test for effects on entries that no issue is about. */
export function isNotNamedBy(issues: readonly Issue[]): (effect: Effect) => boolean {
  const wrong = new Set(issues.map(({ dn }) => dn));
  return ({ before, after }) => ![before, after].some((entry) => wrong.has(entry?.dn.toString() ?? ''));
}

/** Returns the refusal of a component together with what others say, where several objects change. */
export async function withOthers(
  error: unknown,
  valid: readonly ObjectDifference[] | undefined,
  runtime: Runtime,
): Promise<unknown> {
  if (valid === undefined || valid.length < 2 || !(error instanceof LdapError)) return error;
  const others = (await runtime.judge(valid)).filter((sentence) => sentence !== error.message);
  if (others.length === 0) return error;
  return new LdapError(error.code, textOfSentences([error.message, ...others]), { cause: error });
}

/** The name, in lower case, of the entry that would be there; undefined where none would have come. */
function nameMadeBy(change: Change): string | undefined {
  if (change.type === 'add') return change.entry.dn.toString().toLowerCase();
  if (change.type !== 'modifyDn') return undefined;
  const parent = change.newSuperior ?? change.dn.parent;
  return parent?.child(change.newRdn).toString().toLowerCase();
}

function linesOf({ message }: LdapError): readonly string[] {
  return message.split('\n');
}

// What somebody may do with an entry or an attribute, and what decides that, as attributes of an entry in the form of OpenDJ:
// aclRights has the decisions, aclRightsInfo what they come from. `verify` and `send` are rights of our own.

import { Attribute, type Entry } from './entry.ts';

export interface EffectiveRight {
  /** `read`, `write`, … */
  readonly right: string;
  /** Undefined: the right is to the entry as a whole. */
  readonly attribute: string | undefined;
  readonly isAllowed: boolean;
  /** Names of the policies that allow it. */
  readonly policies: readonly string[];
  /** Those that allow it. */
  readonly privileges: readonly string[];
  /** Says why, where neither policies nor privileges do. */
  readonly reason: string;
}

export const RIGHTS_NAME = 'aclRights';
export const RIGHTS_INFO_NAME = 'aclRightsInfo';
const OF_ENTRY = 'entryLevel';
const OF_ATTRIBUTE = 'attributeLevel';
const LOGS = 'logs';
const NO_ATTRIBUTE = 'NULL';
const BEFORE_REASON = '(not proxied) ( reason: ';
const AFTER_REASON = ' )';

/** Returns one attribute with the decisions for each level, in the order of the rights. */
export function rightsAttributes(rights: readonly EffectiveRight[]): readonly Attribute[] {
  const texts = new Map<string, string[]>();
  for (const { attribute, right, isAllowed } of rights) {
    const name = [RIGHTS_NAME, ...levelOf(attribute)].join(';');
    texts.set(name, [...(texts.get(name) ?? []), `${right}:${isAllowed ? 1 : 0}`]);
  }
  return Array.from(texts, ([name, parts]) => new Attribute(name, [parts.join(',')]));
}

/** Returns an attribute for each right, with what decides it. */
export function rightsInfoAttributes(
  rights: readonly EffectiveRight[],
  { dn, subject }: { readonly dn: string; readonly subject: string },
): readonly Attribute[] {
  return rights.map((one) => {
    const [level = OF_ENTRY, ...attribute] = levelOf(one.attribute);
    const name = [RIGHTS_INFO_NAME, LOGS, level, one.right, ...attribute].join(';');
    const decision = `access ${one.isAllowed ? '' : 'not '}allowed(${one.right})`;
    const where = `entry/attr(${dn}, ${one.attribute ?? NO_ATTRIBUTE})`;
    const text = `acl_summary(main): ${decision} on ${where} to (${subject}) ${BEFORE_REASON}${reasonOf(one)}${AFTER_REASON}`;
    return new Attribute(name, [text]);
  });
}

/** Returns the rights that an entry is returned with. */
export function readRights(entry: Entry): readonly EffectiveRight[] {
  const info = new Map(
    entry.attributes.map(({ description, values }) => [description.toLowerCase(), values[0] ?? '']),
  );
  return entry.attributes.flatMap(({ description, values }) => {
    const [name = '', level = '', attribute] = description.split(';');
    if (name.toLowerCase() !== RIGHTS_NAME.toLowerCase()) return [];
    return (values[0] ?? '').split(',').map((part): EffectiveRight => {
      const [right = '', decision] = part.split(':');
      const path = [RIGHTS_INFO_NAME, LOGS, level, right, ...(attribute === undefined ? [] : [attribute])];
      const text = info.get(path.join(';').toLowerCase()) ?? '';
      return { right, attribute, isAllowed: decision === '1', ...readReason(text) };
    });
  });
}

function levelOf(attribute: string | undefined): readonly string[] {
  return attribute === undefined ? [OF_ENTRY] : [OF_ATTRIBUTE, attribute];
}

function reasonOf({ privileges, policies, reason }: EffectiveRight): string {
  const parts = [
    ...(privileges.length === 0 ? [] : [`privileges: ${privileges.join(', ')}`]),
    ...(policies.length === 0
      ? []
      : [`evaluated allow, deciding_aci: ${policies.map((name) => JSON.stringify(name)).join(', ')}`]),
  ];
  return parts.length === 0 ? reason : parts.join('; ');
}

function readReason(summary: string): Pick<EffectiveRight, 'policies' | 'privileges' | 'reason'> {
  // Names before it may have the same words.
  const start = summary.lastIndexOf(BEFORE_REASON);
  const text = start < 0 ? '' : summary.slice(start + BEFORE_REASON.length, -AFTER_REASON.length);
  const [, privileges, policies] =
    /^(?:privileges: ([\w, -]+))?(?:(?:^|; )evaluated allow, deciding_aci: (".*"))?$/s.exec(text) ?? [];
  if (privileges === undefined && policies === undefined)
    return { policies: [], privileges: [], reason: text };
  return { policies: namesIn(policies), privileges: privileges?.split(', ') ?? [], reason: '' };
}

/** Returns the texts of a list of JSON texts; nothing of one that is none. */
function namesIn(list: string | undefined): readonly string[] {
  if (list === undefined) return [];
  try {
    const read: unknown = JSON.parse(`[${list}]`);
    return Array.isArray(read) ? read.filter((one) => typeof one === 'string') : [];
  } catch (error) {
    if (error instanceof SyntaxError) return [];
    throw error;
  }
}

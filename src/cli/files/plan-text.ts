// A plan for people: entry by entry, property by property, secrets as stars, expressions as they are written.

import type { Definitions } from '../../config/definitions.ts';
import type { Entry } from '../../ldap/entry.ts';
import { visibleLine } from '../../ldap/visible-text.ts';
import { paint, type Stream } from '../terminal.ts';
import type { PlannedChange } from './plan.ts';

const SIGNS = { add: '+', delete: '-', modify: '~', modifyDn: '~' } as const;
const STYLES = { add: 'green', delete: 'red', modify: 'yellow', modifyDn: 'yellow' } as const;

/** One property of an entry that changes. */
export interface PropertyDifference {
  /** Its name, where the attribute is a property; the attribute otherwise. */
  readonly name: string;
  readonly before: readonly string[];
  readonly after: readonly string[];
}

/** One entry of a plan, as people are shown it. */
export interface PlannedEntry {
  readonly dn: string;
  readonly type: keyof typeof SIGNS;
  readonly properties: readonly PropertyDifference[];
}

/** Returns the planned changes, entry by entry, with the differences of their properties; secrets are stars. */
export function describePlan(
  plan: readonly PlannedChange[],
  definitions: Definitions,
): readonly PlannedEntry[] {
  return plan.map(({ change, before, after }) => {
    const dn = (after ?? before)?.dn.toString() ?? '';
    return { dn, type: change.type, properties: differences(change, before, after, definitions) };
  });
}

function differences(
  change: PlannedChange['change'],
  before: Entry | undefined,
  after: Entry | undefined,
  definitions: Definitions,
): readonly PropertyDifference[] {
  const changed =
    change.type === 'modify'
      ? change.modifications.map(({ attribute }) => attribute)
      : change.type === 'add'
        ? (after?.attributes ?? [])
        : [];
  return changed.map(({ key, description, values }) => {
    const shown = (texts: readonly string[]) => texts.map((text) => definitions.show(key, text));
    return {
      name: definitions.findByAttribute(key)?.name ?? description,
      before: shown(before?.values(key) ?? []),
      after: shown(values),
    };
  });
}

/** With the number of changes at the end. */
export function formatPlan(plan: readonly PlannedEntry[], stdout: Stream): string {
  const entries = plan.map(({ dn, type, properties }) => {
    const lines = properties.map((property) => `    ${visibleLine(formatDifference(property, type))}\n`);
    return `${paint(STYLES[type], `${SIGNS[type]} ${visibleLine(dn)}`, stdout)}\n${lines.join('')}`;
  });
  const count = (type: PlannedEntry['type']) => plan.filter((one) => one.type === type).length;
  const sum = `${count('add')} to add, ${count('modify')} to change, ${count('delete')} to delete`;
  return `${entries.join('')}${plan.length === 0 ? 'Nothing is to be changed' : `Plan: ${sum}`}.\n`;
}

function formatDifference({ name, before, after }: PropertyDifference, type: PlannedEntry['type']): string {
  const text = (values: readonly string[]) => (values.length === 0 ? '(none)' : values.join(', '));
  return type === 'add' ? `${name}: ${text(after)}` : `${name}: ${text(before)} → ${text(after)}`;
}

// Operational attributes that this server computes from the rest of the configuration.

import { ownAttribute } from './object-identifiers.ts';
import type { BaseSyntaxName } from './property-type.ts';

export interface OperationalAttribute {
  readonly name: string;
  readonly oid: string;
  readonly syntax: BaseSyntaxName;
  readonly multiValued: boolean;
  /** One sentence. */
  readonly synopsis: string;
}

/** Maximum number of names that are listed. The count includes all. */
export const USED_BY_NAMES_MAX = 100;

export const usedBy: OperationalAttribute = {
  name: 'ds-cfg-used-by',
  oid: ownAttribute(38),
  syntax: 'dn',
  multiValued: true,
  synopsis: `The objects that refer to this one; of many, the first ${USED_BY_NAMES_MAX}.`,
};

export const usedByCount: OperationalAttribute = {
  name: 'ds-cfg-used-by-count',
  oid: ownAttribute(39),
  syntax: 'integer',
  multiValued: false,
  synopsis: 'How many objects refer to this one.',
};

export const pendingChange: OperationalAttribute = {
  name: 'ds-cfg-pending-change',
  oid: ownAttribute(60),
  syntax: 'directoryString',
  multiValued: true,
  synopsis:
    'For each property that is stored and not yet effective: the effective value, what to do, and when it was changed.',
};

export const valueOrigin: OperationalAttribute = {
  name: 'ds-cfg-value-origin',
  oid: ownAttribute(61),
  syntax: 'directoryString',
  multiValued: true,
  synopsis:
    'Below cn=effective, where the value of each property comes from: written, default, or for each expression the ' +
    'environment variable, definition or file that gave it.',
};

export const operationalAttributes: readonly OperationalAttribute[] = [
  usedBy,
  usedByCount,
  pendingChange,
  valueOrigin,
];

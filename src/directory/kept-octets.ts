// Estimates the memory of values in the tree, in octets, for the budgets. Measured with V8 of Node.js 24: an
// object takes 16 to 64 octets besides what it refers to; a text takes one octet for each character, or two if
// one is beyond U+00FF.

import { type Change, dnOfChange } from '../ldap/change.ts';
import type { Dn } from '../ldap/dn.ts';
import type { Attribute, Entry } from '../ldap/entry.ts';

const TEXT_OCTETS = 32;
const ATTRIBUTE_OCTETS = 96;
const ENTRY_OCTETS = 256;
/** Octets of one RDN of a DN, with type and value. */
const RDN_OCTETS = 192;
const CHANGE_OCTETS = 160;

/** Returns the octets of a text. */
export function octetsOfText(text: string): number {
  return TEXT_OCTETS + 2 * text.length;
}

function octetsOfAttribute({ description, values }: Attribute): number {
  let octets = ATTRIBUTE_OCTETS + description.length;
  for (const value of values) octets += octetsOfText(value);
  return octets;
}

/** Returns the octets of an entry that shares nothing with others. */
export function octetsOfEntry({ dn, attributes }: Entry): number {
  let octets = ENTRY_OCTETS + octetsOfDn(dn);
  for (const attribute of attributes) octets += octetsOfAttribute(attribute);
  return octets;
}

/** Returns the octets of a change with its attributes and names. */
export function octetsOfChange(change: Change): number {
  let octets = CHANGE_OCTETS + octetsOfDn(dnOfChange(change));
  if (change.type === 'add') octets += octetsOfEntry(change.entry);
  if (change.type === 'modify') {
    for (const { attribute } of change.modifications) octets += CHANGE_OCTETS + octetsOfAttribute(attribute);
  }
  return octets;
}

function octetsOfDn({ rdns }: Dn): number {
  return RDN_OCTETS * (1 + rdns.length);
}

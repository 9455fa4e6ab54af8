// DER elements (X.690) as parsed by node-forge, and their contents.

import forge from 'node-forge';

export type Element = forge.asn1.Asn1;

/** Parses octets. Throws if they are not exactly one element. */
export function parseDer(octets: Uint8Array): Element {
  return forge.asn1.fromDer(Buffer.from(octets).toString('latin1'));
}

/** Returns the inner elements; an empty list for a primitive element. */
export function partsOf(element: Element | undefined): readonly Element[] {
  return Array.isArray(element?.value) ? element.value : [];
}

/** Returns the content; empty for a constructed element. */
export function octetsOf({ value }: Element): Buffer {
  return Buffer.from(typeof value === 'string' ? value : '', 'latin1');
}

/** Returns the octets of the element, tag and length included. */
export function derOf(element: Element): Buffer {
  return Buffer.from(forge.asn1.toDer(element).getBytes(), 'latin1');
}

/** Returns an OID as `2.5.29.17`; empty if the element is none. */
export function oidOf({ value }: Element): string {
  return typeof value === 'string' && value !== '' ? forge.asn1.derToOid(value) : '';
}

/** Returns the tag number, for any class. */
export function tagOf({ type }: Element): number {
  return Number(type);
}

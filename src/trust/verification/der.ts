// Elements of DER (X.690) as node-forge parses them, and their contents.

import forge from 'node-forge';

export type Element = forge.asn1.Asn1;

/** Throws when the octets are not one whole element. */
export function parseDer(octets: Uint8Array): Element {
  return forge.asn1.fromDer(Buffer.from(octets).toString('latin1'));
}

/** The elements within; none for an element that has other content. */
export function partsOf(element: Element | undefined): readonly Element[] {
  return Array.isArray(element?.value) ? element.value : [];
}

/** The content; empty for an element that has elements within. */
export function octetsOf({ value }: Element): Buffer {
  return Buffer.from(typeof value === 'string' ? value : '', 'latin1');
}

/** With tag and length. */
export function derOf(element: Element): Buffer {
  return Buffer.from(forge.asn1.toDer(element).getBytes(), 'latin1');
}

/** `2.5.29.17`; empty when it is none. */
export function oidOf({ value }: Element): string {
  return typeof value === 'string' && value !== '' ? forge.asn1.derToOid(value) : '';
}

/** Number of its tag, whatever the class. */
export function tagOf({ type }: Element): number {
  return Number(type);
}

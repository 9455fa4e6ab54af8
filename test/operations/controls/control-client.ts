// What tests of controls have in common: values as text, changes as bytes, a client that knows what it was sent.

import { octetsFromText, textFromOctets } from '../../../src/ldap/octets.ts';
import { changeKinds, control, modifyRequest } from '../../support/ber-bytes.ts';

/** A control with a value that the codec wrote. */
export function controlWith(oid: string, value: string, critical = true): Buffer {
  return control(oid, critical, octetsFromText(value));
}

/** The value of a control that came, as the codec reads it; undefined when it did not come. */
export function controlValue(
  { controls }: { readonly controls: ReadonlyMap<string, Buffer> },
  oid: string,
): string | undefined {
  const octets = controls.get(oid);
  return octets === undefined ? undefined : textFromOctets(octets);
}

/** A modify that replaces one attribute. */
export function replace(dn: string, name: string, ...values: readonly string[]): Buffer {
  return modifyRequest(dn, [[changeKinds.replace, name, values]]);
}

// The controls of a message (RFC 4511 §4.1.11), without the content of their values.

import type { Control } from '../ldap/control.ts';
import { LdapError } from '../ldap/ldap-error.ts';
import { type BerReader, BerTag } from './ber-reader.ts';
import type { BerWriter } from './ber-writer.ts';
import { ContextTag } from './ldap-tag.ts';

const CONTROLS_MAX = 64;
const NO_CONTROLS: readonly Control[] = Object.freeze([]);

/** Reads Controls, or none if another tag is next. Throws BerError. */
export function readControls(reader: BerReader): readonly Control[] {
  if (reader.peekTag() !== ContextTag.controls) return NO_CONTROLS;
  const controls: Control[] = [];
  const outer = reader.enter(ContextTag.controls);
  while (reader.hasMore) {
    controls.push(readControl(reader));
    if (controls.length > CONTROLS_MAX) {
      throw new LdapError('adminLimitExceeded', `A request may carry ${CONTROLS_MAX} controls and no more.`);
    }
  }
  reader.leave(outer);
  return controls;
}

/** Reads one Control. Throws BerError. */
export function readControl(reader: BerReader): Control {
  const inner = reader.enter(BerTag.sequence);
  const oid = reader.text();
  const criticality = reader.peekTag() === BerTag.boolean ? reader.boolean() : false;
  const value = reader.peekTag() === BerTag.octetString ? reader.text() : undefined;
  reader.leave(inner);
  return { oid, criticality, value };
}

/** Writes Controls; nothing if there are none. */
export function writeControls(writer: BerWriter, controls: readonly Control[]): void {
  if (controls.length === 0) return;
  const start = writer.begin(ContextTag.controls);
  for (const control of controls) writeControl(writer, control);
  writer.end(start);
}

/** Writes one Control. */
export function writeControl(writer: BerWriter, control: Control): void {
  const item = writer.begin(BerTag.sequence);
  writer.text(control.oid);
  if (control.criticality) writer.boolean(true);
  if (control.value !== undefined) writer.text(control.value);
  writer.end(item);
}

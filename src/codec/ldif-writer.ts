// Entries and changes as LDIF (RFC 2849): LF line ends, folded at 76 columns, ASCII only, base64 for every value that is
// no SAFE-STRING. A record ends with its last line; callers put blank lines between records.

import type { Change, Modification } from '../ldap/change.ts';
import { formatRdn } from '../ldap/dn.ts';
import { ENCRYPTED_MARK } from '../ldap/encrypted-mark.ts';
import type { Attribute, Entry } from '../ldap/entry.ts';
import { octetsFromText } from '../ldap/octets.ts';
import { unreadRecord } from './written-entries.ts';

const COLUMNS = 76;
/** A first character that is no SAFE-INIT-CHAR, any that is no SAFE-CHAR, or the trailing space of note 8. */
const UNSAFE = /^[ :<]|[\0\n\r\u0080-\uffff]| $/;

/** Formats an entry as a content record. */
export function formatEntry(entry: Entry): string {
  return unreadRecord(entry) ?? formatLine('dn', entry.dn.toString()) + formatAttributes(entry.attributes);
}

/** Formats a change record, as ldapmodify reads it. */
export function formatChange(change: Change): string {
  switch (change.type) {
    case 'add':
      return (
        formatLine('dn', change.entry.dn.toString()) +
        'changetype: add\n' +
        formatAttributes(change.entry.attributes)
      );
    case 'delete':
      return `${formatLine('dn', change.dn.toString())}changetype: delete\n`;
    case 'modify':
      return (
        formatLine('dn', change.dn.toString()) +
        'changetype: modify\n' +
        change.modifications.map(formatModification).join('')
      );
    case 'modifyDn':
      return (
        formatLine('dn', change.dn.toString()) +
        'changetype: modrdn\n' +
        formatLine('newrdn', formatRdn(change.newRdn)) +
        `deleteoldrdn: ${change.deleteOldRdn ? 1 : 0}\n` +
        (change.newSuperior === undefined ? '' : formatLine('newsuperior', change.newSuperior.toString()))
      );
  }
}

/**
 * Formats one attribute line, folded, with its line end. An encrypted value is not folded (RFC 2849 note 2 leaves that free), so
 * that no text in a file is hidden in the fold of another line.
 */
export function formatLine(description: string, value: string): string {
  if (value === '') return fold(`${description}:`);
  if (value.startsWith(ENCRYPTED_MARK) && !UNSAFE.test(value)) return `${description}: ${value}\n`;
  if (!UNSAFE.test(value)) return fold(`${description}: ${value}`);
  return fold(`${description}:: ${Buffer.from(octetsFromText(value)).toString('base64')}`);
}

function formatAttributes(attributes: readonly Attribute[]): string {
  let text = '';
  for (const attribute of attributes) {
    for (const value of attribute.values) text += formatLine(attribute.description, value);
  }
  return text;
}

function formatModification({ operation, attribute }: Modification): string {
  return `${formatLine(operation, attribute.description)}${formatAttributes([attribute])}-\n`;
}

function fold(line: string): string {
  if (line.length <= COLUMNS) return `${line}\n`;
  const pieces = [line.slice(0, COLUMNS)];
  for (let start = COLUMNS; start < line.length; start += COLUMNS - 1) {
    pieces.push(line.slice(start, start + COLUMNS - 1));
  }
  return `${pieces.join('\n ')}\n`;
}

// Syntaxes of text, telephone numbers, addresses and the like (RFC 4517 §3.3).

import { isUtf8 } from '../../ldap/octets.ts';
import type { Syntax } from '../syntax.ts';

const PREFIX = '1.3.6.1.4.1.1466.115.121.1';
const PRINTABLE = /^[A-Za-z0-9'()+,\-./:=? ]+$/;
const PRINTABLE_WORDS = "letters without accents, digits, spaces and ' ( ) + , - . / : = ?";
const DELIVERY_METHODS = [
  'any',
  'mhs',
  'physical',
  'telex',
  'teletex',
  'g3fax',
  'g4fax',
  'ia5',
  'videotex',
  'telephone',
];
const TELETEX_PARAMETER = /^(?:graphic|control|misc|page|private):/i;
const FAX_PARAMETERS = new Set([
  'twodimensional',
  'fineresolution',
  'unlimitedlength',
  'b4length',
  'a3width',
  'b4width',
  'uncompressed',
]);

export const textSyntaxes: readonly Syntax[] = [
  of(
    15,
    'Directory String',
    'must be text in UTF-8 that is not empty',
    (text) => text !== '' && isUtf8(text),
  ),
  of(44, 'Printable String', `must be one or more ${PRINTABLE_WORDS}`, isPrintable),
  of(26, 'IA5 String', 'must be ASCII text', (text) => /^[\0-\x7f]*$/.test(text)),
  of(36, 'Numeric String', 'must be digits and spaces', (text) => /^[0-9 ]+$/.test(text)),
  of(11, 'Country String', 'must be the two letters of a country, as in DE', (text) =>
    /^[A-Za-z]{2}$/.test(text),
  ),
  of(
    14,
    'Delivery Method',
    `must be one or more of ${DELIVERY_METHODS.join(', ')}, with $ between`,
    isDelivery,
  ),
  of(50, 'Telephone Number', `must be a number as in +49 30 1234, of ${PRINTABLE_WORDS}`, isPrintable),
  of(
    22,
    'Facsimile Telephone Number',
    'must be a telephone number, then parameters with $ before each',
    isFax,
  ),
  of(
    41,
    'Postal Address',
    'must be lines with $ between, where \\24 stands for $ and \\5C for \\',
    isPostalAddress,
  ),
  of(39, 'Other Mailbox', 'must be the kind of mailbox, $ and the mailbox', isOtherMailbox),
  of(52, 'Telex Number', 'must be number, country code and answerback with $ between', (text) => {
    const parts = text.split('$');
    return parts.length === 3 && parts.every(isPrintable);
  }),
  of(
    51,
    'Teletex Terminal Identifier',
    'must be a printable identifier, then parameters as in $graphic:…',
    (text) => {
      const [identifier = '', ...parameters] = text.split('$');
      return isPrintable(identifier) && parameters.every((parameter) => TELETEX_PARAMETER.test(parameter));
    },
  ),
  of(25, 'Guide', 'must be search criteria, with or without an object class and # before them', isFilledText),
  of(21, 'Enhanced Guide', 'must be object class, criteria and subset with # between', (text) => {
    return isUtf8(text) && /^[^#]+#[^#]*#[^#]+$/.test(text);
  }),
  of(
    58,
    'Substring Assertion',
    'must be text with at least one *, where \\2A stands for * and \\5C for \\',
    (text) => {
      return text.includes('*') && isUtf8(text) && !/\\(?!2[aA]|5[cC])/.test(text);
    },
  ),
];

function of(arc: number, description: string, allowed: string, fits: (text: string) => boolean): Syntax {
  return { oid: `${PREFIX}.${arc}`, description, check: (value) => (fits(value) ? undefined : allowed) };
}

function isPrintable(text: string): boolean {
  return PRINTABLE.test(text);
}

function isFilledText(text: string): boolean {
  return text !== '' && isUtf8(text);
}

function isDelivery(text: string): boolean {
  return text.split('$').every((method) => DELIVERY_METHODS.includes(method.trim().toLowerCase()));
}

function isFax(text: string): boolean {
  const [number = '', ...parameters] = text.split('$');
  return isPrintable(number) && parameters.every((parameter) => FAX_PARAMETERS.has(parameter.toLowerCase()));
}

function isPostalAddress(text: string): boolean {
  return text !== '' && isUtf8(text) && !/\\(?!24|5[cC])/.test(text);
}

function isOtherMailbox(text: string): boolean {
  const dollar = text.indexOf('$');
  return isPrintable(text.slice(0, Math.max(dollar, 0))) && /^[\0-\x7f]*$/.test(text.slice(dollar + 1));
}

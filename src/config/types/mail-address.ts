// A mail address of an envelope: local part, `@`, and a host name (RFC 5321 §4.1.2, without quoting and address
// literals, with UTF-8 as in RFC 6531). A display name is not allowed.

import { isUtf8 } from '../../ldap/octets.ts';
import { type Parsed, type PropertyType, propertyType } from '../property-type.ts';

/** Maximum length of the local part (RFC 5321 §4.5.3.1). */
const LOCAL_CHARACTERS_MAX = 64;
const ADDRESS_CHARACTERS_MAX = 254;
const LOCAL_PART = /^[^\s"(),:;<>@[\\\]\p{Cc}]+$/u;
const LABEL = /^(?!-)[\p{L}\p{N}\p{M}-]{1,63}(?<!-)$/u;
const ADVICE = 'Write an address such as alerts@example.com.';

/** Returns the type of a mail address. */
export function mailAddress(): PropertyType<string> {
  return propertyType({
    name: 'mail address',
    syntax: 'directoryString',
    allowed: 'A mail address, such as alerts@example.com',
    parse: parseAddress,
  });
}

function parseAddress(text: string): Parsed<string> {
  const refuse = (problem: string) => ({ problem, advice: ADVICE });
  if (!isUtf8(text)) return refuse('is not UTF-8 text');
  if (text.length > ADDRESS_CHARACTERS_MAX) {
    return refuse(`is longer than ${ADDRESS_CHARACTERS_MAX} characters`);
  }
  const at = text.lastIndexOf('@');
  if (at < 0) return refuse('has no "@"');
  const [local, domain] = [text.slice(0, at), text.slice(at + 1)];
  const isLocalPart =
    LOCAL_PART.test(local) &&
    !local.startsWith('.') &&
    !local.endsWith('.') &&
    !local.includes('..') &&
    local.length <= LOCAL_CHARACTERS_MAX;
  if (!isLocalPart) return refuse('has no proper name before "@"');
  if (!domain.split('.').every((label) => LABEL.test(label))) return refuse('has no host name after "@"');
  return { value: text };
}

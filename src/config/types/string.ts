// Text that is not empty, with a pattern where the property has one, and names of files.

import { isUtf8 } from '../../ldap/octets.ts';
import { type PropertyType, propertyType } from '../property-type.ts';
import { controlCharacterInLines, controlCharacterProblem } from './control-characters.ts';

export interface StringOptions {
  /** Anchored by whoever writes it, and linear in the length of the text. */
  readonly pattern?: RegExp;
  /** The pattern in words, to follow "A string": `that begins with a letter`. */
  readonly patternInWords?: string;
  readonly caseSensitive?: boolean;
  readonly charactersMax?: number;
  /** Whether the text may have lines and tabs. */
  readonly hasLines?: boolean;
}

const CHARACTERS_MAX = 4096;

export function string(options: StringOptions = {}): PropertyType<string> {
  const {
    hasLines = false,
    pattern,
    patternInWords,
    caseSensitive = false,
    charactersMax = CHARACTERS_MAX,
  } = options;
  const allowed = patternInWords === undefined ? 'A string' : `A string ${patternInWords}`;
  return propertyType({
    name: 'string',
    syntax: 'directoryString',
    caseSensitive,
    allowed,
    parse(text) {
      if (text.trim() === '')
        return { problem: 'is empty', advice: 'Write a text, or leave the property out.' };
      if (!isUtf8(text)) return { problem: 'is not UTF-8 text' };
      if (text.length > charactersMax) {
        return { problem: `is longer than ${charactersMax} characters`, advice: 'Write a shorter text.' };
      }
      if (pattern !== undefined && !pattern.test(text)) {
        return { problem: 'does not have the form this property needs', advice: `Allowed: ${allowed}.` };
      }
      const control = hasLines ? controlCharacterInLines(text) : controlCharacterProblem(text);
      return control === undefined ? { value: text } : { ...control, outdated: { value: text } };
    },
  });
}

/** A path; a relative one starts at the instance folder. Whether the file is there is not asked here. */
export function filePath(): PropertyType<string> {
  const text = string();
  return {
    ...text,
    name: 'file path',
    allowed: 'A path; a relative one starts at the instance folder',
    parse(path) {
      if (path.includes('\0')) return { problem: 'has a NUL character, which no path has' };
      return text.parse(path);
    },
  };
}

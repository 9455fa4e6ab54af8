// Text that is not empty, with an optional pattern, and file names.

import { isUtf8 } from '../../ldap/octets.ts';
import { type PropertyType, propertyType } from '../property-type.ts';
import { controlCharacterInLines, controlCharacterProblem } from './control-characters.ts';

export interface StringOptions {
  /** Anchored pattern that takes linear time. */
  readonly pattern?: RegExp;
  /** The pattern in words, after "A string": `that begins with a letter`. */
  readonly patternInWords?: string;
  readonly caseSensitive?: boolean;
  readonly charactersMax?: number;
  /** True if the text may have line ends and tabs. */
  readonly hasLines?: boolean;
}

const CHARACTERS_MAX = 4096;

/** Returns the type of a string. */
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
      const fits = pattern === undefined || pattern.test(text);
      const control = hasLines ? controlCharacterInLines(text) : controlCharacterProblem(text);
      // The character is the better reason: a pattern in words does not say what cannot be seen.
      if (control !== undefined) return fits ? { ...control, outdated: { value: text } } : control;
      if (!fits)
        return { problem: 'does not have the form this property needs', advice: `Allowed: ${allowed}.` };
      return { value: text };
    },
  });
}

/**
 * Returns the type of a path. A relative one starts at the instance folder. It does not check that the file exists.
 */
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

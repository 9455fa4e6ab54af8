// English for the names of kinds of objects: an Alert Handler, an LDAP Connection Handler, a Mail Server.

/** Words that are spelled out begin with the sound of their first letter. */
const VOWEL = /^(?:[AEIO]|[FHLMNRSX][A-Z])/;

/** Returns the name with "a" or "an" before it. */
export function withArticle(friendlyName: string): string {
  return `${VOWEL.test(friendlyName) ? 'an' : 'a'} ${friendlyName}`;
}

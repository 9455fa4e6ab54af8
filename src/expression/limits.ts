// Limits of expressions. Each is checked before the work that it limits.

/** Maximum nesting of expressions, in the text and through the values of tokens together. */
export const DEPTH_MAX = 32;
/** Maximum number of expressions in one text, and of expressions evaluated for one value. */
export const LOOKUPS_MAX = 1000;
/**
 * Maximum length of a text and of everything that the sources give for it, in UTF-16 units. The result cannot
 * be longer.
 */
export const LENGTH_MAX = 2 * 1024 * 1024;
/** Maximum number of problems reported for one text or one set of sources. */
export const PROBLEMS_MAX = 100;
/** Maximum length of a token or of a variable's name, in UTF-16 units. */
export const TOKEN_LENGTH_MAX = 256;
/** Maximum length of the path in `$<file:path>`, in UTF-16 units. */
export const PATH_LENGTH_MAX = 4096;
/** Maximum length of the name in `$<cred:NAME>`: that of a file name. */
export const CREDENTIAL_NAME_LENGTH_MAX = 255;
/** Maximum length of the name in `$<http:NAME>`, in UTF-16 units. */
export const SECRET_NAME_LENGTH_MAX = 2048;
/** Maximum size of one expression file, and of one file that `$<file:path>` reads, in octets. */
export const FILE_OCTETS_MAX = 1024 * 1024;
/** Maximum size of all files together that `$<file:path>` has read and Sources caches, in octets. */
export const REMEMBERED_OCTETS_MAX = 64 * 1024 * 1024;
/** Maximum number of expression files in all folders together. */
export const EXPRESSION_FILES_MAX = 256;
/** Maximum nesting of objects and lists in a JSON expression file. */
export const JSON_DEPTH_MAX = 32;

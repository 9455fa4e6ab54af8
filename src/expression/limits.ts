// What an expression may cost, in one place. Every limit is checked before the work it limits is done.

/** Levels of expressions in expressions, in the text and through the values of tokens together. */
export const DEPTH_MAX = 32;
/** Expressions in one text, and expressions evaluated for one value. */
export const LOOKUPS_MAX = 1000;
/** UTF-16 units of a text and of all that the sources give for it; the result cannot be longer. */
export const LENGTH_MAX = 2 * 1024 * 1024;
/** Problems told about one text or one set of sources; the rest would not be read. */
export const PROBLEMS_MAX = 100;
/** UTF-16 units of a token or of a variable's name. */
export const TOKEN_LENGTH_MAX = 256;
/** UTF-16 units of the path in `$<file:path>`. */
export const PATH_LENGTH_MAX = 4096;
/** Octets of one expression file, and of one file that `$<file:path>` reads. */
export const FILE_OCTETS_MAX = 1024 * 1024;
/** Octets of all files together that `$<file:path>` has read and Sources remembers. */
export const REMEMBERED_OCTETS_MAX = 64 * 1024 * 1024;
/** Expression files in all folders together. */
export const EXPRESSION_FILES_MAX = 256;
/** Levels of objects and lists in a JSON expression file. */
export const JSON_DEPTH_MAX = 32;

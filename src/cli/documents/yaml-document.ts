// YAML 1.2 and JSON as documents: each object is an entry. A YAML file has one object a document, or lists of them; a JSON
// file has one object, or a list. Anchors, aliases and tags are not taken: what is read is what stands there.

import { type Document, isAlias, isScalar, isSeq, Lexer, LineCounter, parseAllDocuments, visit } from 'yaml';
import type { DocumentProblem, DocumentRecord, ReadDocument, TextPosition } from './document.ts';
import { ObjectReader } from './object-reader.ts';
import { commentsOfDocument } from './yaml-comments.ts';

/** The library's own sentences quote the text, which may hold secrets. */
const SENTENCES: ReadonlyMap<string, string> = new Map([
  ['BAD_ALIAS', 'A value that begins with * needs quotes.'],
  [
    'BAD_DQ_ESCAPE',
    'A backslash in double quotes begins none of the escapes of YAML; double it, or use single quotes.',
  ],
  ['BAD_INDENT', 'The line is not indented as those around it.'],
  ['BAD_SCALAR_START', 'A value that begins with @, ` or % needs quotes.'],
  ['BLOCK_AS_IMPLICIT_KEY', 'A value that has ": " in it needs quotes.'],
  ['DUPLICATE_KEY', 'The object has this name already.'],
  ['MISSING_CHAR', 'A quote, bracket, comma, colon or line end is missing here.'],
  ['MULTILINE_IMPLICIT_KEY', 'A colon is missing, or a value of several lines has no quotes.'],
  ['TAB_AS_INDENT', 'Lines are indented with spaces, not with tabs.'],
  ['TAG_RESOLVE_FAILED', 'A value that begins with ! needs quotes; tags are not supported.'],
  ['UNEXPECTED_TOKEN', 'This is not expected here; a value with signs of YAML needs quotes.'],
]);
const OTHER_SENTENCE = 'This is not YAML.';

/** Documents as they are parsed, before anything is known of objects. */
interface ParsedYaml {
  readonly documents: readonly Document.Parsed[];
  readonly problems: readonly DocumentProblem[];
  readonly placeAt: (offset: number) => TextPosition;
}

/** Returns all documents of a text, with everything that is wrong as YAML. Never throws. */
export function parseYaml(text: string): ParsedYaml {
  const lineCounter = new LineCounter();
  const placeAt = (offset: number): TextPosition => {
    const { line, col } = lineCounter.linePos(offset);
    return { line: Math.max(line, 1), column: Math.max(col, 1) };
  };
  if (isTooDeep(text)) return { documents: [], problems: [TOO_DEEP], placeAt };
  try {
    const parsed = parseAllDocuments(text, { lineCounter, prettyErrors: false, logLevel: 'silent' });
    const documents = Array.isArray(parsed) ? parsed : [];
    const problems = documents.flatMap(({ errors, warnings }) =>
      [...errors, ...warnings].map(({ code, pos }) => ({
        ...placeAt(pos[0]),
        problem: SENTENCES.get(code) ?? OTHER_SENTENCE,
      })),
    );
    const aliases = documents.flatMap((document) =>
      aliasesOf(document).map((at) => ({ ...placeAt(at), problem: ALIAS })),
    );
    return { documents, problems: [...problems, ...aliases], placeAt };
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return { documents: [], problems: [TOO_DEEP], placeAt };
  }
}

const TOO_DEEP: DocumentProblem = {
  line: 1,
  column: 1,
  problem: 'The lists and objects are nested too deeply.',
};
const DEPTH_MAX = 50;

/** Looks before anything is parsed: the parser calls itself for each level, and takes long for many. */
function isTooDeep(text: string): boolean {
  let depth = 0;
  let items = 0;
  for (const token of new Lexer().lex(text)) {
    if (token === '[' || token === '{') depth += 1;
    else if (token === ']' || token === '}') depth -= 1;
    else if (token === '-' || token === '?') items += 1;
    else if (token === '\n') items = 0;
    if (depth > DEPTH_MAX || items > DEPTH_MAX) return true;
  }
  return false;
}

const ALIAS = 'Aliases are not taken; write the value itself, in quotes if it begins with *.';

function aliasesOf(document: Document.Parsed): readonly number[] {
  const found: number[] = [];
  visit(document, {
    Node: (_key, node) => {
      if (isAlias(node)) found.push(node.range?.[0] ?? 0);
    },
  });
  return found;
}

/** Returns all records and all problems of a text of YAML. Never throws. */
export function readYamlDocument(text: string): ReadDocument {
  const { documents, problems, placeAt } = parseYaml(text);
  const reader = new ObjectReader(placeAt);
  if (problems.length > 0) return { records: [], problems: inOrder(problems) };
  const records = documents.flatMap((document): readonly DocumentRecord[] => {
    const { contents } = document;
    if (contents === null || (isScalar(contents) && contents.value === null)) return [];
    const nodes: readonly unknown[] = isSeq(contents) ? contents.items : [contents];
    return withOuterComments(
      nodes.flatMap((node) => reader.read(node) ?? []),
      document,
    );
  });
  return { records, problems: inOrder(reader.problems) };
}

/** Gives comments before all objects to the first, and those after them to the last. */
function withOuterComments(
  records: readonly DocumentRecord[],
  document: Document.Parsed,
): readonly DocumentRecord[] {
  const [before, behind] = commentsOfDocument(document);
  return records.map((record, at) => {
    const { head, byKey, tail } = record.comments;
    const isLast = at === records.length - 1;
    const comments = {
      head: at === 0 ? [...before, ...head] : head,
      byKey,
      tail: isLast ? [...tail, ...behind] : tail,
    };
    return { ...record, comments };
  });
}

/** Does the same for JSON (RFC 8259), which is YAML with fewer ways to write things. */
export function readJsonDocument(text: string): ReadDocument {
  const problem = jsonProblem(text);
  return problem === undefined ? readYamlDocument(text) : { records: [], problems: [problem] };
}

/** The message of the runtime quotes the text, so only the place is taken of it. */
function jsonProblem(text: string): DocumentProblem | undefined {
  try {
    const value: unknown = JSON.parse(text);
    void value;
    return undefined;
  } catch (error) {
    const at = /at position (\d+)/.exec(error instanceof Error ? error.message : '')?.[1];
    const before = text.slice(0, at === undefined ? text.length : Number(at)).split('\n');
    return {
      line: before.length,
      column: (before.at(-1)?.length ?? 0) + 1,
      problem: 'The text is not JSON from here on.',
    };
  }
}

function inOrder(problems: readonly DocumentProblem[]): readonly DocumentProblem[] {
  return problems.toSorted((one, other) => one.line - other.line || (one.column ?? 0) - (other.column ?? 0));
}

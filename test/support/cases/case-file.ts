// The case files of test/cases: Markdown with fenced blocks, read into plain data. test/cases/README.md says what
// the blocks mean.

/** A fenced block: the second word of its first line says what it is. */
export interface Block {
  readonly name: string;
  readonly text: string;
}

export interface Case {
  readonly title: string;
  /** LDIF of the entries that are there before; empty when there are none. */
  readonly start: string;
  /** One after the other: what is changed, and what is expected then. */
  readonly steps: readonly Step[];
}

export interface Step {
  readonly change: string;
  readonly expected: Expectation;
}

export interface Expectation {
  readonly resultName: string;
  readonly code: number;
  /** What the answer contains; undefined when nothing is said about it, empty when there must be none. */
  readonly messages: readonly string[] | undefined;
  readonly entries: readonly ExpectedEntry[];
}

interface ExpectedEntry {
  readonly dn: string;
  /** The name of an attribute in lower case to its values, sorted; none: it must not be there. */
  readonly attributes: ReadonlyMap<string, readonly string[]>;
  /** Values that must be there, whatever others there are. */
  readonly among: readonly (readonly [attribute: string, value: string])[];
}

const BLOCK = /^```\w+ (\S+)\n(.*?)^```$/gms;
const NO_MESSAGE = '(none)';

export function parseBlocks(text: string): Block[] {
  return [...text.matchAll(BLOCK)].map(([, name = '', content = '']) => ({ name, text: content }));
}

/** Throws when a case is not complete: a case that says nothing would pass. */
export function parseCases(text: string): Case[] {
  const [head = '', ...sections] = text.split(/^## /m);
  const common = blockOf(parseBlocks(head), 'start');
  return sections.map((section) => {
    const title = section.slice(0, section.indexOf('\n'));
    const blocks = parseBlocks(section);
    const start = [common, blockOf(blocks, 'start')].filter((part) => part !== '').join('\n');
    return { title, start, steps: parseSteps(title, blocks) };
  });
}

function parseSteps(title: string, blocks: readonly Block[]): readonly Step[] {
  const told = blocks.filter(({ name }) => name === 'change' || name === 'expected');
  const isPaired = told.every(({ name }, index) => name === (index % 2 === 0 ? 'change' : 'expected'));
  if (told.length === 0 || told.length % 2 !== 0 || !isPaired)
    throw new Error(`"${title}" needs a change and what is expected, one after the other`);
  return told.flatMap(({ text: change }, index) => {
    const expected = told[index + 1];
    if (index % 2 !== 0 || expected === undefined) return [];
    return [{ change, expected: parseExpectation(title, expected.text) }];
  });
}

function blockOf(blocks: readonly Block[], name: string): string {
  return blocks.find((block) => block.name === name)?.text ?? '';
}

function parseExpectation(title: string, text: string): Expectation {
  const [answer = '', ...entries] = text.trimEnd().split('\n\n');
  const [result = '', ...lines] = answer.split('\n');
  const [, resultName, code] = /^(\w+) \((\d+)\)$/.exec(result) ?? [];
  if (resultName === undefined || code === undefined) throw new Error(`"${title}" expects no result code`);
  const messages = lines.map((line) => {
    if (!line.startsWith('message: ')) throw new Error(`"${title}" has a line that is no message: ${line}`);
    return line.slice('message: '.length);
  });
  return {
    resultName,
    code: Number(code),
    messages: messages.length === 0 ? undefined : messages.filter((message) => message !== NO_MESSAGE),
    entries: entries.map((entry) => parseEntry(title, entry)),
  };
}

function parseEntry(title: string, text: string): ExpectedEntry {
  const [first = '', ...lines] = text.split('\n');
  if (!first.startsWith('dn: ') || lines.length === 0) throw new Error(`"${title}" expects no whole entry`);
  const attributes = new Map<string, string[]>();
  const among: (readonly [string, string])[] = [];
  for (const line of lines) {
    const [, one, part = ''] = /^has ([^:]+): ?(.*)$/.exec(line) ?? [];
    if (one !== undefined) {
      among.push([one.toLowerCase(), part]);
      continue;
    }
    const [, none, name = '', value = ''] = /^(?:no (\S+)|([^:]+): ?(.*))$/.exec(line) ?? [];
    const key = (none ?? name).toLowerCase();
    const values = none === undefined ? [...(attributes.get(key) ?? []), value] : [];
    attributes.set(key, values.sort());
  }
  return { dn: first.slice('dn: '.length), attributes, among };
}

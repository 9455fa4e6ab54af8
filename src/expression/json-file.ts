// A JSON expression file (RFC 8259). Nested objects become tokens with dots; dotted keys are tokens as they
// are; numbers and booleans keep their text; lists become several values. A null is recorded and is a problem
// only where it is used.

import type { FileContents, FileEntry, LineProblem } from './file-contents.ts';
import { JsonError, type JsonNode, parseJson } from './json-text.ts';
import { TOKEN_LENGTH_MAX } from './limits.ts';
import { printable } from './template.ts';

const ALLOWED = 'write a text, a number, true, false, or a list of these';

/** Returns the tokens of a JSON file in order, duplicates included. */
export function parseJsonFile(text: string): FileContents {
  const contents = new Flattening();
  try {
    contents.addRoot(parseJson(text));
  } catch (error) {
    if (!(error instanceof JsonError)) throw error;
    contents.problems.push({ line: error.line, what: error.message });
  }
  return contents;
}

class Flattening implements FileContents {
  readonly entries: FileEntry[] = [];
  readonly problems: LineProblem[] = [];

  addRoot(root: JsonNode): void {
    if (root.kind === 'object') this.#addMembers('', root.members);
    else
      this.problems.push({ line: root.line, what: 'is not a JSON object like {"smtp": {"host": "mail"}}' });
  }

  #addMembers(prefix: string, members: readonly (readonly [key: string, value: JsonNode])[]): void {
    for (const [key, value] of members) {
      const token = prefix + key;
      if (token.length <= TOKEN_LENGTH_MAX) this.#add(token, value);
      else this.#complain(value, `has a token of more than ${TOKEN_LENGTH_MAX} characters`);
    }
  }

  #add(token: string, value: JsonNode): void {
    switch (value.kind) {
      case 'object':
        return this.#addMembers(`${token}.`, value.members);
      case 'text':
        this.entries.push({ token, content: value.text, isList: false, line: value.line });
        return;
      case 'list':
        return this.#addList(token, value);
      case 'null':
        this.entries.push({ token, content: '', isList: false, line: value.line, flaw: 'null' });
    }
  }

  #addList(token: string, list: JsonNode & { kind: 'list' }): void {
    const content: string[] = [];
    let hasNull = false;
    for (const item of list.items) {
      if (item.kind === 'text') content.push(item.text);
      else if (item.kind === 'null') hasNull = true;
      else this.#complain(item, `has ${wordFor(item)} in the list of ${printable(token)}; ${ALLOWED}`);
    }
    const flaw = hasNull ? { flaw: 'null in a list' as const } : {};
    this.entries.push({ token, content, isList: false, line: list.line, ...flaw });
  }

  #complain(node: JsonNode, what: string): void {
    this.problems.push({ line: node.line, what });
  }
}

function wordFor(node: JsonNode): string {
  return node.kind === 'list' ? 'a list' : 'an object';
}

// The tree around a case: put there before, looked at and cleared away afterwards. One connection does all of it, so
// that the client that administrators use is started for the change itself only.

import { readLdif } from '../../src/codec/ldif-reader.ts';
import { addRequest, deleteRequest, scopes, searchRequest } from './ber-bytes.ts';
import type { FoundEntry } from './ber-element.ts';
import { RawClient } from './raw-client.ts';

const ALL = ['*', '+'];

export class CaseTree {
  readonly #client: RawClient;

  private constructor(client: RawClient) {
    this.#client = client;
  }

  static async open(server: Parameters<typeof RawClient.bound>[0]): Promise<CaseTree> {
    return new CaseTree(await RawClient.bound(server));
  }

  /** Adds the entries of an LDIF text; gives what the server says to one it refuses. */
  async add(ldif: string): Promise<string | undefined> {
    for (const record of readLdif(ldif)) {
      if (record.type !== 'content') return 'The start of a case has entries only.';
      const { dn, attributes } = record.entry;
      const parts = attributes.map(({ description, values }) => [description, values] as const);
      const { code, text } = await this.#client.request(addRequest(dn.toString(), parts));
      if (code !== 0) return text;
    }
    return undefined;
  }

  /** Everything there is, as text that can be compared. */
  async everything(): Promise<string> {
    return JSON.stringify(await this.#search('cn=config', scopes.subtree), undefined, 1);
  }

  /** Values by the names of their attributes in lower case, in order; nothing where there is no entry. */
  async read(dn: string): Promise<ReadonlyMap<string, readonly string[]>> {
    const [found] = await this.#search(dn, scopes.base);
    const attributes = Object.entries(found?.attributes ?? {});
    return new Map(
      attributes.map(([name, values]) => [name.toLowerCase(), values.map(withoutTime).toSorted()]),
    );
  }

  /** Deletes what is there now and was not there before. */
  async removeAdded(before: string): Promise<void> {
    const known = new Set(namesIn(before));
    const added = namesIn(await this.everything()).filter((dn) => !known.has(dn));
    // What was added first may be needed by what came after it.
    for (let waiting = added; waiting.length > 0; ) {
      const left: string[] = [];
      for (const dn of waiting) {
        if ((await this.#client.request(deleteRequest(dn))).code !== 0) left.push(dn);
      }
      if (left.length === waiting.length) throw new Error(`These cannot be cleared away: ${left.join('; ')}`);
      waiting = left;
    }
  }

  async #search(dn: string, scope: number): Promise<readonly FoundEntry[]> {
    const { entries } = await this.#client.request(searchRequest(dn, { scope, attributes: ALL }));
    return entries;
  }
}

/** When something was changed is another time with every run. */
function withoutTime(value: string): string {
  return value.replace(/\(changed \d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ\)/, '(changed …)');
}

function namesIn(everything: string): readonly string[] {
  const entries: readonly FoundEntry[] = JSON.parse(everything);
  return entries.map(({ dn }) => dn);
}

// The tree around a case: put there before, looked at and cleared away afterwards. One connection does all of it, so
// that the client that administrators use is started for the change itself only.

import { readLdif } from '../../../src/codec/ldif-reader.ts';
import {
  addRequest,
  changeKinds,
  deleteRequest,
  modifyRequest,
  scopes,
  searchRequest,
} from '../ber-bytes.ts';
import type { FoundEntry } from '../ber-element.ts';
import { RawClient } from '../raw-client.ts';

const ALL = ['*', '+'];
const ROOT = 'cn=config';
/** Who changed an entry last, and when. */
const CHANGE_STAMP = /"modif(?:yTimestamp|iersName)": \[\s*"[^"]*"\s*\]/g;

export class CaseTree {
  readonly #client: RawClient;
  /** What cn=config has at first: the one entry that is there and that cases change. */
  #root: FoundEntry['attributes'] = {};

  private constructor(client: RawClient) {
    this.#client = client;
  }

  static async open(server: Parameters<typeof RawClient.bound>[0]): Promise<CaseTree> {
    const tree = new CaseTree(await RawClient.bound(server));
    tree.#root = await tree.#readRoot();
    return tree;
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

  /** Gives cn=config the values it had at first. */
  async putBack(): Promise<void> {
    const now = await this.#readRoot();
    const names = [...new Set([...Object.keys(this.#root), ...Object.keys(now)])];
    const changes = names
      .filter((name) => JSON.stringify(this.#root[name]) !== JSON.stringify(now[name]))
      .map((name) => [changeKinds.replace, name, this.#root[name] ?? []] as const);
    if (changes.length > 0) await this.#client.request(modifyRequest(ROOT, changes));
  }

  async #readRoot(): Promise<FoundEntry['attributes']> {
    const search = searchRequest(ROOT, { scope: scopes.base, attributes: ['*'] });
    return (await this.#client.request(search)).entries[0]?.attributes ?? {};
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

/** Everything there is, whoever changed it last. */
export function withoutStamps(everything: string): string {
  return everything.replace(CHANGE_STAMP, '');
}

function namesIn(everything: string): readonly string[] {
  const entries: readonly FoundEntry[] = JSON.parse(everything);
  return entries.map(({ dn }) => dn);
}

import { describe, expect, it } from 'vitest';
import { AccessPolicies } from '../../src/access/access-policies.ts';
import type { ChangeEvent, Requester, Search } from '../../src/backend/backend.ts';
import { ChangeRefused } from '../../src/backend/change-refused.ts';
import { EntryViews } from '../../src/backend/entry-views.ts';
import { deriveHere } from '../../src/config/passwords/derivation.ts';
import { WritePath } from '../../src/configuration/write/write-path.ts';
import type { Change } from '../../src/ldap/change.ts';
import { Dn } from '../../src/ldap/dn.ts';
import { SearchScope } from '../../src/ldap/message.ts';
import { MemoryBackend } from '../../src/memory/memory-backend.ts';
import { MemoryStore } from '../../src/memory/memory-store.ts';
import type { MemoryTree } from '../../src/memory/memory-tree.ts';
import { Runtime } from '../../src/runtime/runtime.ts';
import { schema } from '../config/configuration.ts';
import { find, moveOf, names, peopleTree, SUFFIX } from '../directory/people.ts';

const PEOPLE = `ou=People,${SUFFIX}`;
const MOVE = moveOf(PEOPLE, { rdn: 'ou=Staff', to: `ou=Groups,${SUFFIX}` });
/** Refused: it has entries below it. */
const REFUSED: Change = { type: 'delete', dn: Dn.parse(SUFFIX) };

/** May change everything. */
const KEEPER: Requester = {
  dn: 'cn=keeper',
  name: 'keeper',
  privileges: new Set(['bypass-acl', 'secret-read']),
};

const SECRETS = {
  secretAttributes: new Set(['userpassword']),
  mixedAttributes: new Set<string>(),
  show: (_: string, value: string) => value,
};

function open(): { entries: MemoryTree; backend: MemoryBackend } {
  const entries = peopleTree();
  const options = { store: new MemoryStore(), now: () => new Date(0), log: { warn: () => {} } };
  const writePath = new WritePath({ target: entries, runtime: new Runtime([]), ...options });
  const backend = new MemoryBackend({
    baseDn: Dn.parse(SUFFIX),
    entries,
    views: new EntryViews({ schema, secrets: SECRETS, policies: new AccessPolicies(schema, SECRETS) }),
    writePath,
    rights: () => ({ allowAnonymousRead: true, isWritable: true }),
    findPolicy: () => undefined,
    now: () => new Date(0),
    deriveFor: () => async (derivation) => deriveHere(derivation),
  });
  return { entries, backend };
}

function searchOf(base: string): Search {
  return {
    base,
    baseKey: schema.dnKeyOfText(base),
    scope: SearchScope.wholeSubtree,
    filter: { type: 'present', attribute: 'objectClass' },
    selectors: ['1.1'],
    requester: KEEPER,
  };
}

describe('a move of a subtree', () => {
  it('is undone as a whole when a later change of the same commit is refused', async () => {
    const { entries, backend } = open();
    const before = names(entries);
    const steps = [MOVE, REFUSED].map((change) => ({ change, options: {} }));
    await expect(backend.changeAll(steps, KEEPER)).rejects.toThrow(ChangeRefused);
    expect(names(entries)).toEqual(before);
    expect(entries.tree.size).toBe(before.length);
    expect([...(entries.tree.indexed('uid', 'ada') ?? [])]).toHaveLength(1);
  });

  it('stands when a change of another request in the same batch is refused', async () => {
    const { entries, backend } = open();
    const [moved, refused] = await Promise.allSettled([
      backend.change(MOVE, KEEPER),
      backend.change(REFUSED, KEEPER),
    ]);
    expect([moved?.status, refused?.status]).toEqual(['fulfilled', 'rejected']);
    expect(find(entries, `uid=ada,ou=Staff,ou=Groups,${SUFFIX}`)).toBeDefined();
  });

  it('is built upon by the changes that come with it', async () => {
    const { entries, backend } = open();
    const steps: Change[] = [
      MOVE,
      { type: 'delete', dn: Dn.parse(`uid=grace,ou=Staff,ou=Groups,${SUFFIX}`) },
      moveOf(`ou=Staff,ou=Groups,${SUFFIX}`, { rdn: 'ou=People', to: SUFFIX }),
    ];
    await backend.changeAll(
      steps.map((change) => ({ change, options: {} })),
      KEEPER,
    );
    expect(names(entries).toSorted()).toEqual(
      [
        SUFFIX,
        `ou=Groups,${SUFFIX}`,
        PEOPLE,
        `uid=ada,${PEOPLE}`,
        `cn=Desk,uid=ada,${PEOPLE}`,
        `cn=Lamp,cn=Desk,uid=ada,${PEOPLE}`,
      ].toSorted(),
    );
  });

  it('changes nothing when it is only tried, and tells what would be', async () => {
    const { entries, backend } = open();
    const before = names(entries);
    const options = { noOp: true, preRead: ['entryDN'], postRead: ['entryDN'] };
    const outcome = await backend.change(MOVE, KEEPER, options);
    expect(outcome.before?.first('entrydn')).toBe(PEOPLE);
    expect(outcome.after?.first('entrydn')).toBe(`ou=Staff,ou=Groups,${SUFFIX}`);
    expect(names(entries)).toEqual(before);
  });

  it('is told to watchers of either place, entry by entry', async () => {
    const { backend } = open();
    const told: ChangeEvent[] = [];
    for (const base of [PEOPLE, `ou=Groups,${SUFFIX}`])
      backend.watch(searchOf(base), {
        changed: (events) => told.push(...events),
        failed: () => {},
      });
    await backend.change(MOVE, KEEPER);
    const places = told.map(({ type, before, after }) => [type, before?.dn.toString(), after?.dn.toString()]);
    const gone = places.filter(([, , after]) => after === undefined).map(([, before]) => before);
    const come = places.filter(([, before]) => before === undefined).map(([, , after]) => after);
    expect(new Set(told.map(({ type }) => type))).toEqual(new Set(['modifyDn']));
    expect(gone.toSorted()).toEqual(
      [
        PEOPLE,
        `uid=ada,${PEOPLE}`,
        `cn=Desk,uid=ada,${PEOPLE}`,
        `cn=Lamp,cn=Desk,uid=ada,${PEOPLE}`,
        `uid=grace,${PEOPLE}`,
      ].toSorted(),
    );
    expect(come.toSorted()).toEqual(
      gone.map((dn) => dn?.replace(PEOPLE, `ou=Staff,ou=Groups,${SUFFIX}`)).toSorted(),
    );
  });
});

describe('an entry that is moved away and another that takes its place', () => {
  it('are two entries', async () => {
    const { entries, backend } = open();
    const ada = `uid=ada,${PEOPLE}`;
    const uuid = find(entries, ada)?.first('entryuuid');
    const grace = moveOf(`uid=grace,${PEOPLE}`, { rdn: 'uid=ada' });
    const steps = [moveOf(ada, { rdn: 'uid=al' }), grace].map((change) => ({ change, options: {} }));
    const told: ChangeEvent[] = [];
    backend.watch(searchOf(SUFFIX), {
      changed: (events) => told.push(...events),
      failed: () => {},
    });
    await backend.changeAll(steps, KEEPER);
    expect(find(entries, `uid=al,${PEOPLE}`)?.first('entryuuid')).toBe(uuid);
    expect(find(entries, ada)?.first('sn')).toBe('Hopper');
    expect(told.map(({ type }) => type)).toEqual(Array.from({ length: told.length }, () => 'modifyDn'));
    expect(told).toHaveLength(4);
  });
});

// What a sequence is made of, as plain data that fast-check makes and that is printed when a sequence fails.

import fc from 'fast-check';
import { CATALOG, type CatalogObject, TOKENS, type Values } from './catalog.ts';

/** One object is set to these values, and added first when it is not there; or it is deleted. */
export interface ObjectChange {
  readonly dn: string;
  readonly set: Values | 'deleted';
}

/** A file or folder of the sequence, and the fixture that it becomes; undefined: it goes away. */
export interface FileChange {
  readonly path: string;
  readonly fixture: string | undefined;
}

export type Step =
  | {
      readonly do: 'change';
      readonly how: 'at once' | 'trial' | 'transaction';
      readonly changes: readonly ObjectChange[];
    }
  /** Objects get their other names, or their own ones back; see otherName. */
  | { readonly do: 'rename'; readonly how: 'at once' | 'transaction'; readonly names: readonly string[] }
  | { readonly do: 'tokens'; readonly tokens: Readonly<Record<string, string>> }
  | { readonly do: 'file'; readonly files: readonly FileChange[] }
  | { readonly do: 'roll back'; readonly changes: number }
  | {
      readonly do: 'fail to store';
      readonly code: 'ENOSPC' | 'EIO';
      readonly changes: readonly ObjectChange[];
    }
  | {
      readonly do: 'restart';
      readonly how: 'SIGTERM' | 'SIGKILL';
      readonly environment: Readonly<Record<string, string>>;
    }
  | { readonly do: 'plan a task'; readonly hours: number };

/** Folders and files that sequences exchange, and what each may become. */
export const FILES: Readonly<Record<string, readonly (string | undefined)[]>> = {
  'oracle/trust-a': ['first authority', 'second authority', 'both authorities', 'nothing', undefined],
  'oracle/trust-b': ['second authority', 'both authorities'],
  'oracle/keys-a': ['first key', 'second key', 'both keys', 'nothing', undefined],
  'oracle/keys-b': ['second key', 'both keys'],
  'oracle/trust-a.p12': ['first authority', 'second authority', 'nonsense', undefined],
  'oracle/trust-b.p12': ['second authority', 'first authority'],
  'oracle/keys-a.p12': ['first key', 'second key', 'nonsense', undefined],
  'oracle/keys-b.p12': ['second key'],
  'oracle/mail.pin': ['canary-mail-b', 'canary-mail-c', undefined],
};

const byKind = [...Map.groupBy(CATALOG, ({ kind }) => kind).values()];

const object: fc.Arbitrary<CatalogObject> = fc
  .constantFrom(...byKind)
  .chain((all) => fc.constantFrom(...all));

const change: fc.Arbitrary<ObjectChange> = object.chain(({ dn, choices, isPermanent, initial }) => {
  const names = Object.keys(choices);
  const values = fc
    .subarray(names, { minLength: 1, maxLength: Math.min(3, names.length) })
    .chain((chosen) =>
      fc.record(Object.fromEntries(chosen.map((name) => [name, fc.constantFrom(...(choices[name] ?? []))]))),
    );
  const set = values.map((some): ObjectChange => ({ dn, set: some }));
  const others: fc.WeightedArbitrary<ObjectChange>[] = [];
  if (choices['ds-cfg-enabled'] !== undefined) {
    const toggle = fc.constantFrom('true', 'false');
    others.push({ weight: 3, arbitrary: toggle.map((word) => ({ dn, set: { 'ds-cfg-enabled': [word] } })) });
  }
  if (!isPermanent) others.push({ weight: 1, arbitrary: fc.constant({ dn, set: 'deleted' }) });
  // As it was added: what is broken becomes whole again now and then.
  const { objectClass: _, ...back } = initial;
  others.push({
    weight: 1,
    arbitrary: fc.constant({ dn, set: Object.keys(back).length > 1 ? withoutName(back) : {} }),
  });
  return fc.oneof({ weight: 6, arbitrary: set }, ...others);
});

function withoutName(values: Values): Values {
  return Object.fromEntries(
    Object.entries(values).filter(([name]) => /^ds-cfg-(?!backend-id)|^user/.test(name)),
  );
}

const changes = fc.record({
  do: fc.constant('change' as const),
  how: fc.constantFrom('at once' as const, 'at once' as const, 'at once' as const, 'trial' as const),
  changes: change.map((one) => [one]),
});

const transaction = fc.record({
  do: fc.constant('change' as const),
  how: fc.constant('transaction' as const),
  changes: fc.array(change, { minLength: 2, maxLength: 4 }),
});

const renamed = CATALOG.filter(
  ({ dn, isPermanent }) => dn !== 'cn=config' && !(isPermanent && /^cn=admin,/.test(dn)),
);

const renames = fc.record({
  do: fc.constant('rename' as const),
  how: fc.constantFrom('at once' as const, 'transaction' as const),
  names: fc.uniqueArray(fc.constantFrom(...renamed.map(({ dn }) => dn)), { minLength: 1, maxLength: 3 }),
});

const token = fc
  .constantFrom(...Object.keys(TOKENS))
  .chain((name) => fc.constantFrom(...(TOKENS[name] ?? [])).map((value) => [name, value] as const));

const tokens = fc.record({
  do: fc.constant('tokens' as const),
  tokens: fc.array(token, { minLength: 1, maxLength: 3 }).map((all) => Object.fromEntries(all)),
});

const file = fc
  .constantFrom(...Object.keys(FILES))
  .chain((path) => fc.constantFrom(...(FILES[path] ?? [])).map((fixture): FileChange => ({ path, fixture })));

const files = fc.record({
  do: fc.constant('file' as const),
  files: fc.array(file, { minLength: 1, maxLength: 2 }),
});

const rollBack = fc.record({
  do: fc.constant('roll back' as const),
  changes: fc.integer({ min: 1, max: 8 }),
});

const failure = fc.record({
  do: fc.constant('fail to store' as const),
  code: fc.constantFrom('ENOSPC' as const, 'ENOSPC' as const, 'EIO' as const),
  changes: fc.array(change, { minLength: 1, maxLength: 2 }),
});

/** What the environment says wins over the files. */
const environment = fc.oneof(
  fc.constant({}),
  fc.constantFrom('true', 'false').map((flag) => ({ ORACLE_FLAG: flag })),
  fc.constantFrom('8', '80').map((number) => ({ ORACLE_NUMBER: number })),
  fc.constantFrom('127.0.0.1', '127.0.0.4').map((address) => ({ ORACLE_ADDRESS: address })),
);

const restart = fc.record({
  do: fc.constant('restart' as const),
  how: fc.constantFrom('SIGTERM' as const, 'SIGKILL' as const),
  environment,
});

const task = fc.record({ do: fc.constant('plan a task' as const), hours: fc.integer({ min: 1, max: 9 }) });

export const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 22, arbitrary: changes },
  { weight: 6, arbitrary: transaction },
  { weight: 4, arbitrary: renames },
  { weight: 5, arbitrary: tokens },
  { weight: 5, arbitrary: files },
  { weight: 2, arbitrary: rollBack },
  { weight: 2, arbitrary: failure },
  { weight: 1, arbitrary: restart },
  { weight: 1, arbitrary: task },
);

// Makes every login cost the same, whatever the name: measuring the time of a wrong password reveals nothing about
// accounts. Each login computes as many hashes of each kind as the account with the most of them. Missing hashes are
// replaced by decoys with the parameters of other accounts, chosen by the name, so that repeating a login reveals
// nothing. SCRAM's salt and rounds of unknown names are generated in the same way.

import { createHmac } from 'node:crypto';
import type { Derivation } from './derivation.ts';
import type { StoredPassword } from './password-scheme.ts';
import { SCRAM_ITERATIONS, SCRAM_MECHANISMS, type ScramKeys, type ScramMechanism } from './scram-scheme.ts';
import { nobodysPassword } from './scrypt-scheme.ts';
import { type Comparable, comparablesOf, findScramKeys } from './stored-password.ts';

/** Parameters that SCRAM sends to every client. */
export interface ScramParameters {
  readonly iterations: number;
  readonly salt: Buffer;
}

/** One comparison of a login. */
export interface Comparison {
  readonly stored: StoredPassword;
  /** Stored value; undefined for a decoy, which no password matches. */
  readonly value: string | undefined;
}

/** Profile of the passwords of an account. Many accounts share one. */
interface Profile {
  readonly comparables: readonly Parameters[];
  readonly scram: ScramProfile;
}

interface Parameters {
  readonly kind: Derivation['kind'];
  /** Everything that the cost depends on. */
  readonly shape: string;
  readonly stored: StoredPassword;
}

interface ScramShape {
  readonly mechanism: ScramMechanism;
  readonly iterations: number;
  readonly saltOctets: number;
}

interface ScramProfile {
  readonly shapes: readonly ScramShape[];
  /** True if all values have the same salt, because they were made together. */
  readonly sharesSalt: boolean;
}

interface Counted {
  readonly profile: Profile;
  accounts: number;
}

interface Weighted<T> {
  readonly name: string;
  readonly value: T;
  weight: number;
}

interface Plan {
  /** Number of hashes of each kind that a login computes, and the shapes that exist. */
  readonly kinds: readonly {
    kind: Derivation['kind'];
    count: number;
    shapes: readonly Weighted<StoredPassword>[];
  }[];
  readonly scram: readonly Weighted<ScramProfile>[];
}

const DEFAULT_SHAPE = { iterations: SCRAM_ITERATIONS, saltOctets: 16 };
/** Maximum number of decoy shapes of one kind; more would reveal nothing more. */
const SHAPES_MAX = 64;

/** Profiles of the accounts of one backend, by the key of their DN. */
export interface ProfileSection {
  /** Sets the stored passwords of an account; an empty list removes it. */
  set(key: string, values: readonly string[]): void;
  /** Returns true if every account with SCRAM keys has some for this mechanism. */
  everyoneHas(mechanism: ScramMechanism): boolean;
  /** Removes all accounts of the section. */
  clear(): void;
}

/** Profiles of all accounts of one server. */
export class PasswordProfiles {
  readonly #secret: string;
  readonly #counted = new Map<string, Counted>();
  #plan: Plan | undefined;

  /** @param secret Secret that determines the decoys. Nobody who cannot log in may know it. */
  constructor(secret: string) {
    this.#secret = secret;
  }

  section(): ProfileSection {
    const profiles = new Map<string, string>();
    const set = (key: string, values: readonly string[]) => {
      const before = profiles.get(key);
      if (before !== undefined) this.#forget(before);
      if (values.length === 0) profiles.delete(key);
      else profiles.set(key, this.#count(values));
    };
    return {
      set,
      everyoneHas: (mechanism) =>
        [...new Set(profiles.values())].every((text) => {
          const scram = this.#counted.get(text)?.profile.scram.shapes ?? [];
          return scram.length === 0 || scram.some((shape) => shape.mechanism === mechanism);
        }),
      clear: () => {
        for (const key of [...profiles.keys()]) set(key, []);
      },
    };
  }

  /** Returns the values to compare in a login: the account's own and decoys, in the same order for every name. */
  comparisonsFor(name: string, values: readonly string[]): readonly Comparison[] {
    const own = comparablesOf(values).map((one) => ({ ...one, kind: kindOf(one) }));
    const planned = this.#planned.kinds.flatMap(({ kind, count, shapes }) => {
      const mine: Comparison[] = own.filter((one) => one.kind === kind);
      for (let index = mine.length; index < count; index++) {
        const stored = this.#choose(`${name} ${kind} ${index}`, shapes);
        if (stored !== undefined) mine.push({ stored, value: undefined });
      }
      return mine;
    });
    // An account that is not counted yet still has its own values.
    const missing = own.filter((one) => planned.every(({ value }) => value !== one.value));
    return [...planned, ...missing];
  }

  /**
   * Returns SCRAM parameters for a name without keys; always the same. Whether two mechanisms share a salt follows
   * the real accounts.
   */
  scramParametersFor(name: string, mechanism: ScramMechanism): ScramParameters {
    const { scram } = this.#planned;
    const drawn = this.#choose(`${name} scram`, scram);
    const shape = drawn?.shapes.find((one) => one.mechanism === mechanism);
    const isShared = drawn === undefined || (shape !== undefined && drawn.sharesSalt);
    const able = scram.filter(({ value }) => value.shapes.some((one) => one.mechanism === mechanism));
    const other = this.#choose(`${name} ${mechanism}`, able)?.shapes.find(
      (one) => one.mechanism === mechanism,
    );
    const { iterations, saltOctets } = shape ?? other ?? DEFAULT_SHAPE;
    return {
      iterations,
      salt: this.#octets(isShared ? `${name} salt` : `${name} ${mechanism} salt`, saltOctets),
    };
  }

  #octets(text: string, count: number): Buffer {
    const blocks: Buffer[] = [];
    for (let octets = 0; octets < count; octets += 64)
      blocks.push(createHmac('sha512', this.#secret).update(`${octets} ${text}`).digest());
    return Buffer.concat(blocks).subarray(0, count);
  }

  /** Chooses by weighted rendezvous hashing: when a choice is added or removed, most names keep theirs. */
  #choose<T>(text: string, choices: readonly Weighted<T>[]): T | undefined {
    let best: { readonly score: number; readonly value: T } | undefined;
    for (const { name, value, weight } of choices) {
      const drawn = (this.#octets(`${text} ${name}`, 6).readUIntBE(0, 6) + 1) / 2 ** 48;
      const score = -weight / Math.log(Math.min(drawn, 1 - 2 ** -48));
      if (best === undefined || score > best.score) best = { score, value };
    }
    return best?.value;
  }

  #count(values: readonly string[]): string {
    const profile = profileOf(values);
    const text = textOf(profile);
    const known = this.#counted.get(text);
    if (known !== undefined) known.accounts += 1;
    else this.#counted.set(text, { profile, accounts: 1 });
    this.#plan = undefined;
    return text;
  }

  #forget(text: string): void {
    const known = this.#counted.get(text);
    if (known === undefined) return;
    known.accounts -= 1;
    if (known.accounts === 0) this.#counted.delete(text);
    this.#plan = undefined;
  }

  get #planned(): Plan {
    this.#plan ??= planOf([...this.#counted.values()]);
    return this.#plan;
  }
}

function kindOf({ stored }: Comparable): Derivation['kind'] {
  return stored.derivationOf('').kind;
}

function profileOf(values: readonly string[]): Profile {
  return {
    comparables: comparablesOf(values).map(({ stored }) => parametersOf(stored)),
    scram: scramProfileOf(SCRAM_MECHANISMS.flatMap((mechanism) => findScramKeys(values, mechanism) ?? [])),
  };
}

function scramProfileOf(keys: readonly ScramKeys[]): ScramProfile {
  const [first] = keys;
  return {
    sharesSalt: keys.every(({ salt }) => first?.salt.equals(salt)),
    shapes: keys.map(({ mechanism, iterations, salt }) => ({
      mechanism,
      iterations,
      saltOctets: salt.length,
    })),
  };
}

function parametersOf(stored: StoredPassword): Parameters {
  const { kind } = stored.derivationOf('');
  return { kind, shape: stored.cost, stored };
}

function textOf({ comparables, scram }: Profile): string {
  const shapes = comparables.map(({ kind, shape }) => `${kind} ${shape}`).toSorted();
  return [...shapes, nameOfScram(scram)].join('|');
}

function nameOfScram({ shapes, sharesSalt }: ScramProfile): string {
  const names = shapes.map(
    ({ mechanism, iterations, saltOctets }) => `${mechanism} ${iterations} ${saltOctets}`,
  );
  return [...names, `${sharesSalt}`].join();
}

function planOf(counted: readonly Counted[]): Plan {
  const kinds = new Map<
    Derivation['kind'],
    { count: number; shapes: Map<string, Weighted<StoredPassword>> }
  >();
  const scram = new Map<string, Weighted<ScramProfile>>();
  // Without any account, a login costs as much as a password that this server has hashed.
  const all = [
    { profile: { comparables: [parametersOf(nobodysPassword)], scram: scramProfileOf([]) }, accounts: 0.001 },
    ...counted,
  ];
  for (const { profile, accounts } of all) {
    const counts = new Map<Derivation['kind'], number>();
    for (const { kind, shape, stored } of profile.comparables) {
      counts.set(kind, (counts.get(kind) ?? 0) + 1);
      const known = kinds.get(kind) ?? { count: 0, shapes: new Map() };
      known.count = Math.max(known.count, counts.get(kind) ?? 0);
      add(known.shapes, { name: shape, value: stored, weight: accounts });
      kinds.set(kind, known);
    }
    if (profile.scram.shapes.length > 0)
      add(scram, { name: nameOfScram(profile.scram), value: profile.scram, weight: accounts });
  }
  return {
    kinds: [...kinds]
      .toSorted(([one], [other]) => (one < other ? -1 : 1))
      .map(([kind, { count, shapes }]) => ({ kind, count, shapes: [...shapes.values()] })),
    scram: [...scram.values()],
  };
}

function add<T>(shapes: Map<string, Weighted<T>>, shape: Weighted<T>): void {
  const known = shapes.get(shape.name);
  if (known !== undefined) known.weight += shape.weight;
  else if (shapes.size < SHAPES_MAX) shapes.set(shape.name, shape);
}

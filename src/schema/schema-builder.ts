// Builds the parts of a schema from schema files: parses definitions, resolves references, and collects all
// problems. A definition may refer to others in any file and at any position.

import { BrokenInvariant } from '../files/program-error.ts';
import type { AttributeType } from './attribute-type.ts';
import { buildAttributeType } from './attribute-type-builder.ts';
import { buildContentRule, type ContentRule } from './content-rule.ts';
import { DefinitionError, type DefinitionKind, formatDefinition, parseDefinition } from './definition.ts';
import { DefinitionTable, nameOf, type PlacedDefinition } from './definition-table.ts';
import type { MatchingRule } from './matching-rule.ts';
import type { ObjectClass } from './object-class.ts';
import { buildObjectClass } from './object-class-builder.ts';
import { SchemaError, type SchemaProblem } from './schema-error.ts';
import { parseSchemaFile } from './schema-file.ts';
import { walkSuperiors } from './superior-walk.ts';
import type { Syntax } from './syntax.ts';

export interface SchemaSource {
  /** Path for error messages. Definitions are listed in the order of the paths. */
  readonly path: string;
  /** LDIF text. */
  readonly text: string;
}

/**
 * The parts of a schema. Maps have names and OIDs in lower case as keys; several keys may have the same value.
 */
export interface SchemaParts {
  readonly types: ReadonlyMap<string, AttributeType>;
  readonly classes: ReadonlyMap<string, ObjectClass>;
  readonly syntaxes: ReadonlyMap<string, Syntax>;
  readonly rules: ReadonlyMap<string, MatchingRule>;
  /** The DIT content rules, by their structural classes. */
  readonly contentRules: ReadonlyMap<ObjectClass, ContentRule>;
  /** Definitions of DIT structure rules and name forms, as shown in cn=schema. The server does not enforce them. */
  readonly placeRules: Readonly<Record<PlaceRuleKind, readonly string[]>>;
}

export type PlaceRuleKind = 'dITStructureRules' | 'nameForms';

const KINDS = new Map<string, DefinitionKind>(
  (
    [
      'attributeTypes',
      'objectClasses',
      'ldapSyntaxes',
      'matchingRules',
      'matchingRuleUse',
      'dITContentRules',
      'dITStructureRules',
      'nameForms',
    ] as const
  ).map((kind) => [kind.toLowerCase(), kind]),
);
/** Attributes of cn=schema in other servers' files that are not definitions. */
const IGNORED =
  /^(?:objectClass|cn|subtreeSpecification|aci|(?:create|modify)Timestamp|(?:creators|modifiers)Name|ds-.*)$/i;
const WORDS: Readonly<Partial<Record<DefinitionKind, string>>> = {
  attributeTypes: 'attribute type',
  objectClasses: 'object class',
};

/** Builds the parts of the schema. Throws SchemaError with all problems of all files. */
export function buildSchemaParts(
  sources: readonly SchemaSource[],
  syntaxes: readonly Syntax[],
  rules: readonly MatchingRule[],
): SchemaParts {
  return new SchemaBuilder(syntaxes, rules).build(sources);
}

/**
 * Builds a schema out of another and further definitions. Those that the other has already, word for word, change nothing. Throws
 * SchemaError with all problems of the source.
 * @param before what these definitions made before: what has not changed stays the same object
 */
export function extendSchemaParts(base: SchemaParts, source: SchemaSource, before: SchemaParts): SchemaParts {
  const rules = [...new Set(base.rules.values())];
  return new SchemaBuilder([...base.syntaxes.values()], rules, { base, before }).build([source]);
}

interface Extended {
  readonly base: SchemaParts;
  readonly before: SchemaParts;
}

class SchemaBuilder {
  readonly #problems: SchemaProblem[] = [];
  readonly #types: Map<string, AttributeType>;
  readonly #classes: Map<string, ObjectClass>;
  readonly #extended: Extended | undefined;
  readonly #syntaxes: Map<string, Syntax>;
  readonly #rules = new Map<string, MatchingRule>();
  readonly #tables = new Map<DefinitionKind, DefinitionTable>(
    [...KINDS.values()].map((kind) => [kind, new DefinitionTable(WORDS[kind] ?? `value of ${kind}`)]),
  );

  constructor(syntaxes: readonly Syntax[], rules: readonly MatchingRule[], extended?: Extended) {
    this.#extended = extended;
    this.#types = new Map(extended?.base.types);
    this.#classes = new Map(extended?.base.classes);
    this.#syntaxes = new Map(syntaxes.map((syntax) => [syntax.oid, syntax]));
    for (const rule of rules) {
      for (const name of [rule.oid, ...rule.names]) this.#rules.set(name.toLowerCase(), rule);
    }
  }

  build(sources: readonly SchemaSource[]): SchemaParts {
    const ordered = [...sources].sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0));
    for (const source of ordered) this.#read(source);
    this.#addSyntaxes();
    this.#checkRules();
    this.#inOrder('attributeTypes', (placed) => {
      const parts = { types: this.#types, syntaxes: this.#syntaxes, rules: this.#rules };
      register(this.#types, this.#sameType(buildAttributeType(placed, parts, this.#refusing(placed))));
    });
    this.#inOrder('objectClasses', (placed) => {
      const parts = { types: this.#types, classes: this.#classes };
      register(this.#classes, buildObjectClass(placed, parts, this.#refusing(placed)));
    });
    const contentRules = this.#contentRules();
    if (this.#problems.length > 0) throw new SchemaError(this.#problems);
    const placeRules = {
      dITStructureRules: this.#placeRules('dITStructureRules'),
      nameForms: this.#placeRules('nameForms'),
    };
    return {
      types: this.#types,
      classes: this.#classes,
      syntaxes: this.#syntaxes,
      rules: this.#rules,
      contentRules,
      placeRules,
    };
  }

  #contentRules(): ReadonlyMap<ObjectClass, ContentRule> {
    const parts = { types: this.#types, classes: this.#classes };
    const rules = new Map<ObjectClass, ContentRule>(this.#extended?.base.contentRules);
    for (const placed of this.#table('dITContentRules').all) {
      const rule = buildContentRule(placed, parts, this.#refusing(placed));
      if (rule !== undefined) rules.set(rule.structural, rule);
    }
    return rules;
  }

  #read({ path, text }: SchemaSource): void {
    const file = parseSchemaFile(path, text);
    this.#problems.push(...file.problems);
    for (const { attribute, value, line } of file.values) {
      const kind = KINDS.get(attribute.toLowerCase());
      if (kind !== undefined) this.#define(kind, value, path, line);
      else if (!IGNORED.test(attribute)) {
        this.#problems.push({
          file: path,
          line,
          problem: `the attribute ${attribute} has no place in cn=schema`,
        });
      }
    }
  }

  #define(kind: DefinitionKind, text: string, file: string, line: number): void {
    try {
      const definition = parseDefinition(kind, text);
      const known = this.#inBase(kind, [definition.id, ...(definition.fields.get('NAME') ?? [])]);
      if (known === formatDefinition(definition)) return;
      if (known !== undefined) {
        const what = `the ${WORDS[kind] ?? kind} ${nameOf(definition)} has a name or an OID that the files of the schema use already`;
        this.#problems.push({ file, line, problem: what });
        return;
      }
      this.#problems.push(...this.#table(kind).add({ definition, file, line }));
    } catch (error) {
      if (!(error instanceof DefinitionError)) throw error;
      this.#problems.push({ file, line, problem: `the value of ${kind} ${error.message}` });
    }
  }

  /** Adds syntaxes that X-SUBST maps to a known syntax. */
  #addSyntaxes(): void {
    for (const placed of this.#table('ldapSyntaxes').all) {
      const { id: oid, fields } = placed.definition;
      if (this.#syntaxes.has(oid)) continue;
      const substitute = this.#syntaxes.get(fields.get('X-SUBST')?.[0] ?? '');
      if (substitute === undefined) {
        const what = `the syntax ${oid} is not known: name a known one to use in its place, as in X-SUBST '1.3.…'`;
        this.#problems.push({ file: placed.file, line: placed.line, problem: what });
      } else {
        const description = fields.get('DESC')?.[0] ?? substitute.description;
        this.#syntaxes.set(oid, { oid, description, check: (value) => substitute.check(value) });
      }
    }
  }

  #checkRules(): void {
    for (const { definition, file, line } of this.#table('matchingRules').all) {
      if (this.#rules.has(definition.id)) continue;
      this.#problems.push({ file, line, problem: `the matching rule ${nameOf(definition)} is not known` });
    }
  }

  #inOrder(kind: DefinitionKind, build: (placed: PlacedDefinition) => void): void {
    const table = this.#table(kind);
    const walk = walkSuperiors(table.all, (name) => table.find(name));
    for (const placed of walk.order) build(placed);
    for (const placed of walk.inCircles)
      this.#refusing(placed)('has itself among its superiors, or one that has');
  }

  /** Returns the definition of the schema below this one that has one of the names. */
  #inBase(kind: DefinitionKind, names: readonly string[]): string | undefined {
    const parts = kind === 'attributeTypes' ? this.#extended?.base.types : undefined;
    const known = kind === 'objectClasses' ? this.#extended?.base.classes : parts;
    for (const name of known === undefined ? [] : names) {
      const found = known?.get(name.toLowerCase());
      if (found !== undefined) return found.definition;
    }
    return undefined;
  }

  /** Returns the type that there was before, if this one is the same. */
  #sameType(type: AttributeType | undefined): AttributeType | undefined {
    const before = type && this.#extended?.before.types.get(type.oid);
    const isSame = before?.definition === type?.definition && before?.superior === type?.superior;
    return before !== undefined && isSame ? before : type;
  }

  #placeRules(kind: PlaceRuleKind): readonly string[] {
    return [...(this.#extended?.base.placeRules[kind] ?? []), ...this.#formatted(kind)];
  }

  #formatted(kind: PlaceRuleKind): readonly string[] {
    return this.#table(kind).all.map(({ definition }) => formatDefinition(definition));
  }

  #table(kind: DefinitionKind): DefinitionTable {
    const table = this.#tables.get(kind);
    if (table === undefined) throw new BrokenInvariant(`no table for ${kind}`);
    return table;
  }

  #refusing({ definition, file, line }: PlacedDefinition): (problem: string) => void {
    const what = `the ${WORDS[definition.kind] ?? definition.kind} ${nameOf(definition)}`;
    return (problem) => this.#problems.push({ file, line, problem: `${what} ${problem}` });
  }
}

function register<Part extends { readonly oid: string; readonly names: readonly string[] }>(
  map: Map<string, Part>,
  part: Part | undefined,
): void {
  if (part === undefined) return;
  for (const name of [part.oid, ...part.names]) map.set(name.toLowerCase(), part);
}

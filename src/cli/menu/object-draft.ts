// An object that is being edited, and the command line that would make it so: what the menus do is that command line.

import type { ObjectDefinition } from '../../config/object-definition.ts';
import type { PropertyDefinition } from '../../config/property-definition.ts';
import { wordsOfOption } from '../command-line.ts';
import { formatCommand } from '../dsconfig/equivalent-command.ts';
import { hasTypes, type ObjectFamily } from '../dsconfig/object-family.ts';
import { type ListedObject, showValues } from '../dsconfig/object-reading.ts';
import { nameOfReference } from '../dsconfig/reference-name.ts';

const NO_VALUE = '-';

export class ObjectDraft {
  readonly family: ObjectFamily;
  readonly kind: ObjectDefinition;
  readonly name: string;
  /** As it is on the server; undefined: it is to be created. */
  readonly stored: ListedObject | undefined;
  /** The values to be written; none: back to the default. */
  readonly #values = new Map<PropertyDefinition, readonly string[]>();

  constructor(family: ObjectFamily, kind: ObjectDefinition, name: string, stored: ListedObject | undefined) {
    this.family = family;
    this.kind = kind;
    this.name = name;
    this.stored = stored;
  }

  get isNew(): boolean {
    return this.stored === undefined;
  }

  get isChanged(): boolean {
    return this.isNew || this.#values.size > 0;
  }

  isEdited(property: PropertyDefinition): boolean {
    return this.#values.has(property);
  }

  /** As they are written, references as names; without defaults. */
  valuesOf(property: PropertyDefinition): readonly string[] {
    return this.#values.get(property) ?? this.#storedValues(property);
  }

  set(property: PropertyDefinition, values: readonly string[]): void {
    const stored = this.#storedValues(property);
    const isAsStored =
      stored.length === values.length && stored.every((value, index) => value === values[index]);
    // Of a secret it is not known what is stored.
    if (isAsStored && (values.length === 0 || !property.type.secret)) this.#values.delete(property);
    else this.#values.set(property, values);
  }

  /** For people: secrets as stars, defaults where nothing is written. */
  shown(property: PropertyDefinition): string {
    return showValues(property, this.valuesOf(property)).join(', ') || NO_VALUE;
  }

  /** The subcommand, which saves the object unless another one is named, and all that was edited behind it. */
  command(subcommand = this.#saving): readonly string[] {
    return this.#words(subcommand, (_, value) => value);
  }

  /** Returns the command as it may be shown and kept, for a shell. */
  shownCommand(subcommand = this.#saving): string {
    return formatCommand(this.#words(subcommand, ({ type }, value) => type.show(value)));
  }

  get #saving(): string {
    return this.isNew ? `create-${this.family.name}` : `set-${this.family.name}-prop`;
  }

  nameWords(): readonly string[] {
    const { nameOption } = this.family;
    return nameOption === undefined ? [] : wordsOfOption(nameOption, this.name);
  }

  #words(
    subcommand: string,
    shown: (property: PropertyDefinition, value: string) => string,
  ): readonly string[] {
    const { family, kind } = this;
    const type = [...family.types].find(([, one]) => one === kind)?.[0];
    const typeWords = this.isNew && type !== undefined && hasTypes(family) ? ['--type', type] : [];
    const edits = [...this.#values].flatMap(([property, values]) =>
      values.length === 0
        ? ['--reset', property.name]
        : values.flatMap((value) => ['--set', `${property.name}:${shown(property, value)}`]),
    );
    return [subcommand, ...this.nameWords(), ...typeWords, ...edits];
  }

  #storedValues(property: PropertyDefinition): readonly string[] {
    const values = this.stored?.entry.values(property.key) ?? [];
    return values.map((value) => nameOfReference(property, value));
  }
}

// The pages of docs/reference, one for each kind of object, in the form of PingDS's configuration reference,
// generated from the declarations. A test compares them with the committed files.

import type { ObjectDefinition } from '../object-definition.ts';
import { type OperationalAttribute, operationalAttributes } from '../operational-attributes.ts';
import type { AdminAction, PropertyDefinition } from '../property-definition.ts';
import { formatJavaMailPage, JAVA_MAIL_PAGE } from './java-mail-page.ts';
import { code, escapeText, NOTICE, table } from './markdown.ts';

export interface Page {
  /** File name. */
  readonly name: string;
  readonly text: string;
}

const EXPRESSION_NOTE =
  'The value of every property whose attribute begins with `ds-cfg-` may be written as an expression, ' +
  '`$<token>` or `$<token|default>`, which is looked up when the server starts. [The index](index.md) says more.';

/** Returns all pages. Parents come before their sub-kinds in the definitions. */
export function formatReferencePages(definitions: readonly ObjectDefinition[]): readonly Page[] {
  return [
    { name: 'index.md', text: formatIndex(definitions) },
    { name: JAVA_MAIL_PAGE, text: formatJavaMailPage() },
    ...definitions.map((definition) => ({
      name: fileOf(definition),
      text: formatObject(definition, definitions),
    })),
  ];
}

function formatIndex(definitions: readonly ObjectDefinition[]): string {
  const rows = definitions
    .toSorted((a, b) => (a.friendlyName < b.friendlyName ? -1 : 1))
    .map((definition) => [
      linkTo(definition),
      code(definition.objectClass.name),
      escapeText(definition.synopsis),
    ]);
  return join([
    '# Configuration reference',
    NOTICE,
    'Every object of the configuration is an LDAP entry below `cn=config`. Its class says what kind of object it is, and ' +
      'every property is an attribute. `cn=effective` shows the same entries with the effective values.',
    '## Objects',
    table(['Object', 'Object class', 'What it is'], rows),
    `[JavaMail properties](${JAVA_MAIL_PAGE}) lists the options that \`smtp-property\` of a mail server may have.`,
    '## Expressions',
    '`$<token>` is looked up when the server starts: first as an environment variable (in upper case, with `_` for every ' +
      'character that is not a letter or digit), then as a definition on the command line (`--define token=value`), ' +
      'then in the expression files of the instance. `$<token|default>` has a default for when nothing is found; ' +
      '`$<env:NAME>` reads that environment variable, and `$<file:path>` a file. `$<cred:NAME>` reads a credential of systemd, ' +
      'and `$<http:SOURCE/PATH#/POINTER>` a [secret source](secret-source.md); each is the whole value of a property with a ' +
      'secret, without a default. Otherwise text and expressions may be mixed. ' +
      '`\\$<` is plain text. `&{token}`, as PingDS writes it, means the same as `$<token>`.',
    'A change that introduces an expression resolves and checks it at once. What cannot be resolved is refused.',
    '## Operational attributes',
    'These can be asked for by name or with `+`, and nobody can set them.',
    table(['Attribute', 'What it says'], operationalAttributes.map(operationalRow)),
  ]);
}

function operationalRow({ name, synopsis }: OperationalAttribute): readonly string[] {
  return [code(name), escapeText(synopsis)];
}

function formatObject(definition: ObjectDefinition, definitions: readonly ObjectDefinition[]): string {
  const { friendlyName, synopsis, description, properties } = definition;
  const sorted = properties.toSorted((a, b) => (a.name < b.name ? -1 : 1));
  const basic = sorted.filter((property) => !property.advanced);
  const advanced = sorted.filter((property) => property.advanced);
  return join([
    `# ${friendlyName}`,
    NOTICE,
    escapeText(synopsis),
    description === undefined ? undefined : escapeText(description),
    table(['', ''], identityOf(definition, definitions)),
    ...dependenciesOf(definition, definitions),
    ...(properties.length === 0
      ? []
      : [`## ${friendlyName} properties`, EXPRESSION_NOTE, overviewOf(basic, advanced)]),
    ...(basic.length === 0 ? [] : ['## Basic properties', ...basic.flatMap(propertyParts)]),
    ...(advanced.length === 0 ? [] : ['## Advanced properties', ...advanced.flatMap(propertyParts)]),
  ]);
}

function identityOf(
  definition: ObjectDefinition,
  definitions: readonly ObjectDefinition[],
): readonly (readonly string[])[] {
  const { objectClass, location, parent, abstract } = definition;
  const kinds = definitions.filter((other) => other.parent === definition).map(linkTo);
  const auxiliary = objectClass.kind === 'auxiliary' ? ', beside the class of the entry itself' : '';
  return [
    ['*Object class*', `${code(objectClass.name)}${auxiliary}`],
    [
      '*Entries*',
      'under' in location ? `Directly under ${code(location.under)}` : location.at.map(code).join(', '),
    ],
    ...(parent === undefined ? [] : [['*Is a*', linkTo(parent)]]),
    ...(abstract ? [['*Kinds*', kinds.length === 0 ? 'None' : kinds.join(', ')]] : []),
  ];
}

function dependenciesOf(
  definition: ObjectDefinition,
  definitions: readonly ObjectDefinition[],
): readonly (string | undefined)[] {
  const uses = definition.references.map((property) => linkToKind(property.type.target ?? '', definitions));
  const needs = definition.neededKinds.map(
    ({ kind, condition }) =>
      `At least one ${linkToKind(kind, definitions)} must exist while ${escapeText(condition)}.`,
  );
  const users = definitions
    .filter(({ references }) => references.some(({ type }) => targetsOf(definition).includes(type.target)))
    .map(linkTo);
  if (uses.length + needs.length + users.length === 0) return [];
  return [
    '## Dependencies',
    uses.length === 0 ? undefined : `${definition.friendlyPluralName} refer to: ${uses.join(', ')}.`,
    ...needs,
    users.length === 0
      ? undefined
      : `${definition.friendlyPluralName} are referred to by: ${users.join(', ')}. What is referred to cannot be deleted.`,
  ];
}

/** Returns the kinds of reference targets that an object of this kind can be. */
function targetsOf(definition: ObjectDefinition): readonly (string | undefined)[] {
  return definition.parent === undefined
    ? [definition.kind]
    : [definition.kind, ...targetsOf(definition.parent)];
}

function overviewOf(basic: readonly PropertyDefinition[], advanced: readonly PropertyDefinition[]): string {
  const list = (properties: readonly PropertyDefinition[]) =>
    properties.map(({ name }) => `[${name}](#${name})`).join('<br>') || '–';
  return table(['Basic properties', 'Advanced properties'], [[list(basic), list(advanced)]]);
}

function propertyParts(property: PropertyDefinition): readonly string[] {
  const rows = [
    ['*Synopsis*', escapeText(property.synopsis)],
    ...(property.description === undefined ? [] : [['*Description*', escapeText(property.description)]]),
    ['*LDAP attribute*', code(property.attribute)],
    ['*Default value*', defaultInWords(property)],
    ['*Allowed values*', allowedInWords(property)],
    ['*Multi-valued*', yesOrNo(property.multiValued)],
    ['*Required*', yesOrNo(property.required)],
    ['*Admin action required*', actionInWords(property.adminAction)],
    ['*Advanced*', yesOrNo(property.advanced)],
    ['*Read-only*', yesOrNo(property.readOnly)],
  ];
  return [`### ${property.name}`, table(['', ''], rows)];
}

function defaultInWords({ default: given, defaultWhen }: PropertyDefinition): string {
  if (given === undefined) return 'None';
  if ('behaviour' in given) return escapeText(given.behaviour);
  const values = given.map(code).join(', ');
  if (defaultWhen === undefined) return values;
  const { property, is } = defaultWhen;
  return `${values}; ${defaultWhen.values.map(code).join(', ')} while [${property}](#${property}) is ${code(is)}`;
}

function allowedInWords({ allowed, name, type }: PropertyDefinition): string {
  const links = [
    type.target === undefined ? undefined : `[${type.target}](${type.target}.md)`,
    name === 'smtp-property' ? `[JavaMail properties](${JAVA_MAIL_PAGE})` : undefined,
  ].filter((link) => link !== undefined);
  return `${escapeText(allowed)}.${links.map((link) => ` See ${link}.`).join('')}`;
}

const ACTIONS = {
  none: 'None',
  'component-restart': 'The object must be disabled and enabled again',
  'server-restart': 'The server must be restarted',
} as const;

function actionInWords({ kind, note }: AdminAction): string {
  return note === undefined ? ACTIONS[kind] : `${ACTIONS[kind]}. ${escapeText(note)}`;
}

function yesOrNo(is: boolean): string {
  return is ? 'Yes' : 'No';
}

function linkToKind(kind: string, definitions: readonly ObjectDefinition[]): string {
  const definition = definitions.find((other) => other.kind === kind);
  return definition === undefined ? escapeText(kind) : linkTo(definition);
}

function linkTo(definition: ObjectDefinition): string {
  return `[${escapeText(definition.friendlyName)}](${fileOf(definition)})`;
}

function fileOf({ kind }: ObjectDefinition): string {
  return `${kind}.md`;
}

function join(parts: readonly (string | undefined)[]): string {
  return `${parts.filter((part) => part !== undefined).join('\n\n')}\n`;
}

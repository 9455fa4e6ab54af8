// Templates of mails about accounts: text with tokens such as %%notification-user-dn%%, in PingDS's form. Passwords are no
// tokens: a mail is no place for them.

/** Values that tokens are replaced by. */
export interface NotificationFacts {
  readonly type: string;
  readonly message: string;
  readonly userDn: string;
  /** First value of an attribute of the account, by its lower-case name; undefined if it has none. */
  readonly attribute: (name: string) => string | undefined;
  /** Values of `notification-property`, by name. */
  readonly properties: Readonly<Partial<Record<NotificationProperty, string>>>;
}

export const NOTIFICATION_PROPERTIES = [
  'account-unlock-time',
  'seconds-until-unlock',
  'time-until-unlock',
  'password-expiration-time',
  'seconds-until-expiration',
  'time-until-expiration',
  'password-policy-dn',
] as const;

export type NotificationProperty = (typeof NOTIFICATION_PROPERTIES)[number];

type Part = (facts: NotificationFacts) => string;

/** Problem of a template, with its place. */
export interface TemplateProblem {
  readonly line: number;
  readonly column: number;
  readonly problem: string;
}

export interface Template {
  readonly parts: readonly Part[];
}

const MARK = '%%';
const USER_ATTRIBUTE = 'notification-user-attr:';
const PROPERTY = 'notification-property:';
const PLAIN: ReadonlyMap<string, Part> = new Map<string, Part>([
  ['notification-type', ({ type }) => type],
  ['notification-message', ({ message }) => message],
  ['notification-user-dn', ({ userDn }) => userDn],
]);
const REFUSED: ReadonlySet<string> = new Set(['old-password', 'new-password']);

/**
 * Parses a template. Lines are joined with line feeds.
 * @param mayShow Returns true for the name of an attribute that is in the schema and no secret.
 */
export function parseTemplate(text: string, mayShow: (name: string) => boolean): Template | TemplateProblem {
  const parts: Part[] = [];
  const lines = text.split(/\r?\n/);
  for (const [index, line] of lines.entries()) {
    if (index > 0) parts.push(() => '\n');
    const pieces = line.split(MARK);
    if (pieces.length % 2 === 0)
      return {
        line: index + 1,
        column: line.lastIndexOf(MARK) + 1,
        problem: 'a token does not end on its line',
      };
    let column = 1;
    for (const [at, piece] of pieces.entries()) {
      const part = at % 2 === 0 ? () => piece : tokenOf(piece, mayShow);
      if (typeof part === 'string') return { line: index + 1, column: column - MARK.length, problem: part };
      parts.push(part);
      column += piece.length + MARK.length;
    }
  }
  return { parts };
}

/** Returns the text of a template. What is inserted is not searched for tokens. */
export function fillTemplate({ parts }: Template, facts: NotificationFacts): string {
  return parts.map((part) => part(facts)).join('');
}

/** Returns what a token stands for, or the problem of it. */
function tokenOf(token: string, mayShow: (name: string) => boolean): Part | string {
  const name = token.trim().toLowerCase();
  const plain = PLAIN.get(name);
  if (plain !== undefined) return plain;
  if (name.startsWith(USER_ATTRIBUTE)) {
    const attribute = name.slice(USER_ATTRIBUTE.length).trim();
    if (mayShow(attribute)) return (facts) => facts.attribute(attribute) ?? '';
    return `${JSON.stringify(attribute)} is no attribute that mails may show`;
  }
  if (!name.startsWith(PROPERTY)) return `${JSON.stringify(token)} is no token`;
  const property = name.slice(PROPERTY.length).trim();
  if (REFUSED.has(property)) return 'passwords are not sent by mail';
  const known = NOTIFICATION_PROPERTIES.find((one) => one === property);
  return known === undefined
    ? `${JSON.stringify(property)} is no property of notifications`
    : (facts) => facts.properties[known] ?? '';
}

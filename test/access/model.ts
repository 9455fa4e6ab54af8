// The decision once more, in as few lines as it takes, over names and attributes as plain text. The tests compare the server
// with it.

export interface ModelPolicy {
  readonly permission: readonly string[];
  readonly attributes: readonly string[];
  readonly exceptions: readonly string[];
  readonly users: readonly string[];
  readonly otherUsers: readonly string[];
  readonly targets: readonly string[];
  readonly otherTargets: readonly string[];
}

/** What the schema says of the attributes of the test. */
export interface ModelAttributes {
  readonly operational: ReadonlySet<string>;
  readonly secret: ReadonlySet<string>;
  readonly classes: Readonly<Record<string, ReadonlySet<string>>>;
}

/** Takes names in lower case without spaces around commas. */
function matches(pattern: string, name: string): boolean {
  const levels = pattern
    .toLowerCase()
    .split(',')
    .map((level) => {
      if (level === '**') return '[^,]+(?:,[^,]+)*';
      return level === '*' ? '[^,]+' : level.replace(/[.+]/g, '\\$&').replaceAll('*', '[^,]*');
    });
  return new RegExp(`^${levels.join(',')}$`).test(name);
}

const isIn = (patterns: readonly string[], names: readonly string[]) =>
  patterns.some((pattern) => names.some((name) => matches(pattern, name)));

/** Returns the policies that give the permission on the entry. */
export function granting(
  all: readonly ModelPolicy[],
  permission: string,
  user: string,
  dn: string,
): ModelPolicy[] {
  const names = [dn.toLowerCase(), dn.toLowerCase().replace(/cn=effective$/, 'cn=config')];
  return all.filter(
    (one) =>
      one.permission.includes(permission) &&
      (one.users.length === 0 || isIn(one.users, [user.toLowerCase()])) &&
      !isIn(one.otherUsers, [user.toLowerCase()]) &&
      (one.targets.length === 0 || isIn(one.targets, names)) &&
      !isIn(one.otherTargets, names),
  );
}

/** Returns whether one of the policies allows the attribute. */
export function allows(
  policies: readonly ModelPolicy[],
  attribute: string,
  schema: ModelAttributes,
): boolean {
  const key = attribute.toLowerCase();
  const has = (list: readonly string[]) =>
    list.some((item) => {
      if (item === '*') return !schema.operational.has(key);
      if (item === '+') return schema.operational.has(key);
      return item.startsWith('@') ? schema.classes[item]?.has(key) === true : item.toLowerCase() === key;
    });
  const names = (list: readonly string[]) => list.some((item) => item.toLowerCase() === key);
  return policies.some(
    ({ attributes, exceptions }) =>
      (schema.secret.has(key) ? names(attributes) : has(attributes)) && !has(exceptions),
  );
}

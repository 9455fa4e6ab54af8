// The categories of dsconfig's help.

/** dsconfig's categories, and the kinds of objects that are in them; what is named nowhere is in the first. */
export const CATEGORIES: ReadonlyMap<string, readonly string[]> = new Map([
  ['core-server', []],
  ['database', ['backend']],
  ['logging', []],
  ['proxy', []],
  ['replication', []],
  ['security', ['key-manager-provider', 'trust-manager-provider']],
  ['service-discovery', []],
  ['user-management', ['root-dn-user']],
]);
export const ALL = '--help-all';

/** The options that ask for help, as a list in words. */
export const HELP_WORDS = `${ALL}, or one of ${[...CATEGORIES.keys()].map((name) => `--help-${name}`).join(', ')}`;

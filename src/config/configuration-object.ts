// The typed objects of all kinds, as a union by kind.

import type { objectDefinitions } from './definitions.ts';
import type { Decoded } from './object-definition.ts';

/** Union of the typed objects of all declared kinds; narrow it by `kind`. */
export type ConfigurationObject = Decoded<(typeof objectDefinitions)[number]>;

/** The object of one kind, or of one of several. */
export type ObjectOfKind<Kind extends ConfigurationObject['kind']> = Extract<
  ConfigurationObject,
  { readonly kind: Kind }
>;

// cn=config itself. PingDS's global configuration; what of it applies here will be properties of this object.

import { defineObject } from '../object-definition.ts';
import { opendjClass } from '../object-identifiers.ts';
import { CONFIG_ROOT } from './places.ts';

export const rootConfig = defineObject({
  kind: 'global-configuration',
  friendlyName: 'Global Configuration',
  friendlyPluralName: 'Global Configurations',
  synopsis: 'The root of the configuration, which holds what concerns the whole server.',
  objectClass: { name: 'ds-cfg-root-config', oid: opendjClass(39) },
  location: { at: [CONFIG_ROOT] },
  properties: [],
});

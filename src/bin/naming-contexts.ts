// Which trees this server has.

import { ConfigBackend } from '../backend/config-backend.ts';
import type { Configuration } from '../backend/configuration.ts';
import { EffectiveBackend } from '../backend/effective-backend.ts';
import { EntryViews } from '../backend/entry-views.ts';
import { NamingContexts } from '../backend/naming-contexts.ts';
import { rootDse } from '../backend/root-dse.ts';
import { SingleEntryBackend } from '../backend/single-entry-backend.ts';
import type { WritePath } from '../backend/write-path.ts';
import { SUPPORTED_EXTENSIONS } from '../server/operations/extended.ts';
import { VERSION } from './version.ts';

export function namingContextsOf(configuration: Configuration, writePath: WritePath): NamingContexts {
  const { schema, validator } = configuration;
  const views = new EntryViews(schema, validator.secretAttributes);
  const config = new ConfigBackend(configuration, views, writePath);
  const effective = new EffectiveBackend(configuration, views);
  const facts = {
    namingContexts: [config, effective].map(({ baseDn }) => baseDn.toString()),
    supportedExtensions: SUPPORTED_EXTENSIONS,
    vendorVersion: `confdit ${VERSION}`,
  };
  return new NamingContexts([
    new SingleEntryBackend(rootDse(facts), schema, views),
    new SingleEntryBackend(schema.subschemaEntry, schema, views),
    config,
    effective,
  ]);
}

// Files of the site's schema on a server of a cluster: what they define goes into the shared configuration when the cluster begins, and
// is only compared with it later.

import { definitionKey, definitionsOf } from '../../schema/schema-file.ts';
import type { Instance } from '../instance.ts';
import { readSiteSchemaFiles } from '../instance.ts';

/** Returns the definitions in the site's files, as the property site-schema has them, without those that are there already. */
export async function missingDefinitions(
  instance: Pick<Instance, 'folder'>,
  present: readonly string[],
): Promise<readonly string[]> {
  const files = await readSiteSchemaFiles(instance);
  const known = new Set(present.map(definitionKey));
  return files
    .flatMap(({ path, text }) => definitionsOf(path, text))
    .filter((definition) => !known.has(definitionKey(definition)));
}

/** Returns a sentence for each file of the site that defines what the cluster does not have. */
export async function idleSiteFiles(
  instance: Pick<Instance, 'folder'>,
  present: readonly string[],
): Promise<readonly string[]> {
  const files = await readSiteSchemaFiles(instance);
  const known = new Set(present.map(definitionKey));
  return files.flatMap(({ path, text }) => {
    const idle = definitionsOf(path, text).filter((definition) => !known.has(definitionKey(definition)));
    const [first] = idle;
    if (first === undefined) return [];
    return [
      `${path} has ${idle.length === 1 ? 'a definition' : `${idle.length} definitions`} that the cluster does not have as they are there, and ` +
        'they are not in force: in a cluster the schema of the site is part of what the servers share. To have them at all servers, ' +
        `add each as a value of ds-cfg-site-schema to the entry cn=config, such as: ${first}`,
    ];
  });
}

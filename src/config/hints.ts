// Hints about valid settings without effect. They are reported when written, and not refused. Each is a sentence
// without secrets.

import { settingsWithoutEffect } from './checks/smtp-property-rules.ts';
import type { ConfigurationObject } from './configuration-object.ts';

/** Returns the hints about an object, as sentences. */
export function hintsOf(object: ConfigurationObject): readonly string[] {
  if (object.kind !== 'mail-server') return [];
  return settingsWithoutEffect(object).map(
    ({ name, reason }) => `${object.dn}: ${name} in smtp-property has no effect${reason}`,
  );
}

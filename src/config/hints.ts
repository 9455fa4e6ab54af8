// What is right and has no effect: told when it is written, and not refused. Each hint is a sentence without secrets.

import { settingsWithoutEffect } from './checks/smtp-property-rules.ts';
import type { ConfigurationObject } from './configuration-object.ts';

export function hintsOf(object: ConfigurationObject): readonly string[] {
  if (object.kind !== 'mail-server') return [];
  return settingsWithoutEffect(object).map(
    ({ name, reason }) => `${object.dn}: ${name} in smtp-property has no effect${reason}`,
  );
}

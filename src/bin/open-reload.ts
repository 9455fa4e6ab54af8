// Reloading, with everything it takes.

import type { Configuration } from '../backend/configuration.ts';
import type { EffectiveBackend } from '../backend/effective-backend.ts';
import { Reload, type ReloadOptions } from '../backend/reload.ts';
import { providerFiles } from '../runtime/provider-files.ts';
import type { TlsProviders } from '../runtime/tls-identity.ts';

export interface ReloadParts extends Omit<ReloadOptions, 'files' | 'reloaded'> {
  readonly configuration: Configuration;
  readonly effective: EffectiveBackend;
  /** Asked once there is a reload. */
  readonly providers: () => TlsProviders;
}

export function openReload({ effective, providers, ...options }: ReloadParts): Reload {
  const { schema } = options.configuration;
  return new Reload({
    ...options,
    files: (changes) => providerFiles(providers(), changes, (dn) => schema.dnKeyOfText(dn)),
    reloaded: (objects) => effective.reloaded(objects),
  });
}

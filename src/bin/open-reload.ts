// Reloading, with everything it takes.

import type { Configuration } from '../configuration/configuration.ts';
import type { EffectiveBackend } from '../configuration/effective-backend.ts';
import { FileWatch } from '../configuration/reload/file-watch.ts';
import { Reload, type ReloadOptions } from '../configuration/reload/reload.ts';
import type { FileReader } from '../files/file-reader.ts';
import { providerFiles } from '../runtime/provider-files.ts';
import type { TlsProviders } from '../runtime/tls-identity.ts';

export interface ReloadParts extends Omit<ReloadOptions, 'files' | 'reloaded'> {
  readonly configuration: Configuration;
  readonly effective: EffectiveBackend;
  readonly fileReader: FileReader;
  /** Asked once there is a reload. */
  readonly providers: () => TlsProviders;
}

export interface OpenReload {
  readonly reload: Reload;
  /** A component: works while the configuration says so. */
  readonly watch: FileWatch;
}

/** Opens the reload and the watch of the files that it reads. */
export function openReload({ effective, fileReader, providers, ...options }: ReloadParts): OpenReload {
  const { configuration } = options;
  const reload = new Reload({
    ...options,
    files: (changes) => providerFiles(providers(), changes, (dn) => configuration.schema.dnKeyOfText(dn)),
    reloaded: (objects) => effective.reloaded(objects),
  });
  const watch = new FileWatch({
    sources: () => configuration.validator.sources,
    files: fileReader,
    reload: (cause) => reload.run(cause),
  });
  return { reload, watch };
}

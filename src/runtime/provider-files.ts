// The files of key managers and trust managers, for reading all of them again at once.

import type { ObjectDifference, Prepared } from './component.ts';
import type { KeyManagers } from './key-managers.ts';
import type { TrustManagers } from './trust-managers.ts';

export interface ProviderFiles {
  /** DN of the provider's entry, and its key. */
  readonly dn: string;
  readonly key: string;
  /** True if they were read before. */
  readonly isRead: boolean;
  /** Reads the files. The content takes effect at commit. Throws TrustError. */
  reread(): Promise<Prepared>;
}

interface Providers {
  readonly keyManagers: Pick<KeyManagers, 'all' | 'findPrepared'>;
  readonly trustManagers: Pick<TrustManagers, 'all' | 'findPrepared'>;
}

/** Returns the files of all enabled providers; for those that are being changed, in their new state. */
export function providerFiles(
  { keyManagers, trustManagers }: Providers,
  changes: readonly ObjectDifference[],
  keyOf: (dn: string) => string,
): readonly ProviderFiles[] {
  const changed = new Set(changes.map(({ key }) => key));
  const enabled = changes.filter(({ after }) => after !== undefined && 'enabled' in after && after.enabled);
  const unchanged = <T extends { readonly dn: string }>(all: Iterable<T>) =>
    [...all].filter(({ dn }) => !changed.has(keyOf(dn)));
  const found = [
    ...[
      ...unchanged(keyManagers.all()),
      ...enabled.flatMap(({ key }) => keyManagers.findPrepared(key) ?? []),
    ].map(({ dn, keys }) => ({ dn, files: keys })),
    ...[
      ...unchanged(trustManagers.all()),
      ...enabled.flatMap(({ key }) => trustManagers.findPrepared(key) ?? []),
    ].map(({ dn, certificates }) => ({ dn, files: certificates })),
  ];
  return found.flatMap(({ dn, files }) =>
    files === undefined
      ? []
      : [{ dn, key: keyOf(dn), isRead: files.known.value !== undefined, reread: () => files.reread() }],
  );
}

// The files behind key managers and trust managers, for whoever wants all of them read again at once.

import type { ObjectDifference, Prepared } from './component.ts';
import type { KeyManagers } from './key-managers.ts';
import type { TrustManagers } from './trust-managers.ts';

export interface ProviderFiles {
  /** The provider: the name of its entry, and the key of that name. */
  readonly dn: string;
  readonly key: string;
  /** Whether they could be read before. */
  readonly isRead: boolean;
  /** Reads them now; what was read is in force when it is committed. Throws TrustError. */
  reread(): Promise<Prepared>;
}

interface Providers {
  readonly keyManagers: Pick<KeyManagers, 'all' | 'findPrepared'>;
  readonly trustManagers: Pick<TrustManagers, 'all' | 'findPrepared'>;
}

/** Of all providers that are enabled; of those that are about to be changed, as they will be. */
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

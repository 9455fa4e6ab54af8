// The authorities the runtime knows. PingDS ships the Java runtime's counterpart as `JVM Trust Manager`.

import { defineObject } from '../object-definition.ts';
import { ownClass } from '../object-identifiers.ts';
import { trustManagerProvider } from './trust-manager-provider.ts';

export const systemTrustManagerProvider = defineObject({
  kind: 'system-trust-manager-provider',
  friendlyName: 'System Trust Manager Provider',
  friendlyPluralName: 'System Trust Manager Providers',
  synopsis: 'Believes certificates signed by the authorities that the runtime of this server knows.',
  objectClass: { name: 'ds-cfg-system-trust-manager-provider', oid: ownClass(3) },
  parent: trustManagerProvider,
  location: trustManagerProvider.location,
  properties: [...trustManagerProvider.properties],
});

// Every typed object there can be, told apart by its kind.

import type { Decoded } from './object-definition.ts';
import type { blindTrustManagerProvider } from './objects/blind-trust-manager-provider.ts';
import type { branch } from './objects/branch.ts';
import type { fileBasedTrustManagerProvider } from './objects/file-based-trust-manager-provider.ts';
import type { ldapConnectionHandler } from './objects/ldap-connection-handler.ts';
import type { mailServer } from './objects/mail-server.ts';
import type { pemTrustManagerProvider } from './objects/pem-trust-manager-provider.ts';
import type { rootConfig } from './objects/root-config.ts';
import type { rootDnUser } from './objects/root-dn-user.ts';
import type { systemTrustManagerProvider } from './objects/system-trust-manager-provider.ts';

export type ConfigurationObject =
  | Decoded<typeof rootConfig>
  | Decoded<typeof branch>
  | Decoded<typeof ldapConnectionHandler>
  | Decoded<typeof blindTrustManagerProvider>
  | Decoded<typeof fileBasedTrustManagerProvider>
  | Decoded<typeof pemTrustManagerProvider>
  | Decoded<typeof systemTrustManagerProvider>
  | Decoded<typeof mailServer>
  | Decoded<typeof rootDnUser>;

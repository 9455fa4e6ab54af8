// The typed objects of all kinds, as a union by kind.

import type { Decoded } from './object-definition.ts';
import type { blindTrustManagerProvider } from './objects/blind-trust-manager-provider.ts';
import type { branch } from './objects/branch.ts';
import type { fileBasedKeyManagerProvider } from './objects/file-based-key-manager-provider.ts';
import type { fileBasedTrustManagerProvider } from './objects/file-based-trust-manager-provider.ts';
import type { httpConnectionHandler } from './objects/http-connection-handler.ts';
import type { ldapConnectionHandler } from './objects/ldap-connection-handler.ts';
import type { ldapTrustManagerProvider } from './objects/ldap-trust-manager-provider.ts';
import type { ldapiConnectionHandler } from './objects/ldapi-connection-handler.ts';
import type { mailServer } from './objects/mail-server.ts';
import type { memoryBackend } from './objects/memory-backend.ts';
import type { pemKeyManagerProvider } from './objects/pem-key-manager-provider.ts';
import type { pemTrustManagerProvider } from './objects/pem-trust-manager-provider.ts';
import type { pkcs11TrustManagerProvider } from './objects/pkcs11-trust-manager-provider.ts';
import type { rootConfig } from './objects/root-config.ts';
import type { rootDnUser } from './objects/root-dn-user.ts';
import type { smtpAlertHandler } from './objects/smtp-alert-handler.ts';
import type { systemTrustManagerProvider } from './objects/system-trust-manager-provider.ts';

export type ConfigurationObject =
  | Decoded<typeof rootConfig>
  | Decoded<typeof branch>
  | Decoded<typeof ldapConnectionHandler>
  | Decoded<typeof ldapiConnectionHandler>
  | Decoded<typeof httpConnectionHandler>
  | Decoded<typeof fileBasedKeyManagerProvider>
  | Decoded<typeof pemKeyManagerProvider>
  | Decoded<typeof blindTrustManagerProvider>
  | Decoded<typeof fileBasedTrustManagerProvider>
  | Decoded<typeof ldapTrustManagerProvider>
  | Decoded<typeof pemTrustManagerProvider>
  | Decoded<typeof pkcs11TrustManagerProvider>
  | Decoded<typeof systemTrustManagerProvider>
  | Decoded<typeof memoryBackend>
  | Decoded<typeof mailServer>
  | Decoded<typeof smtpAlertHandler>
  | Decoded<typeof rootDnUser>;

/** The object of one kind, or of one of several. */
export type ObjectOfKind<Kind extends ConfigurationObject['kind']> = Extract<
  ConfigurationObject,
  { readonly kind: Kind }
>;

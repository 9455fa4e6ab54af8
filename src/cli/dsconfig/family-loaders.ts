// The kinds of objects by the names of their subcommands, each with what loads its definitions and no others: one subcommand
// needs one kind. `npm run generate` writes the list from the declarations.

import type { ObjectDefinition } from '../../config/object-definition.ts';
import { namesCommand, type ObjectFamily, objectFamilies } from './object-family.ts';

export interface FamilyLoader {
  readonly name: string;
  readonly plural: string;
  load(): Promise<readonly ObjectDefinition[]>;
}

export const FAMILY_LOADERS: readonly FamilyLoader[] = [
  {
    name: 'mail-server',
    plural: 'mail-servers',
    load: async () => [(await import('../../config/objects/mail-server.ts')).mailServer],
  },
  {
    name: 'global-configuration',
    plural: 'global-configurations',
    load: async () => [(await import('../../config/objects/root-config.ts')).rootConfig],
  },
  {
    name: 'connection-handler',
    plural: 'connection-handlers',
    load: async () => [
      (await import('../../config/objects/connection-handler.ts')).connectionHandler,
      (await import('../../config/objects/ldap-connection-handler.ts')).ldapConnectionHandler,
      (await import('../../config/objects/ldapi-connection-handler.ts')).ldapiConnectionHandler,
      (await import('../../config/objects/http-connection-handler.ts')).httpConnectionHandler,
    ],
  },
  {
    name: 'key-manager-provider',
    plural: 'key-manager-providers',
    load: async () => [
      (await import('../../config/objects/key-manager-provider.ts')).keyManagerProvider,
      (await import('../../config/objects/file-based-key-manager-provider.ts')).fileBasedKeyManagerProvider,
      (await import('../../config/objects/pem-key-manager-provider.ts')).pemKeyManagerProvider,
    ],
  },
  {
    name: 'trust-manager-provider',
    plural: 'trust-manager-providers',
    load: async () => [
      (await import('../../config/objects/trust-manager-provider.ts')).trustManagerProvider,
      (await import('../../config/objects/blind-trust-manager-provider.ts')).blindTrustManagerProvider,
      (await import('../../config/objects/file-based-trust-manager-provider.ts'))
        .fileBasedTrustManagerProvider,
      (await import('../../config/objects/ldap-trust-manager-provider.ts')).ldapTrustManagerProvider,
      (await import('../../config/objects/pem-trust-manager-provider.ts')).pemTrustManagerProvider,
      (await import('../../config/objects/pkcs11-trust-manager-provider.ts')).pkcs11TrustManagerProvider,
      (await import('../../config/objects/system-trust-manager-provider.ts')).systemTrustManagerProvider,
    ],
  },
  {
    name: 'backend',
    plural: 'backends',
    load: async () => [
      (await import('../../config/objects/backend.ts')).backend,
      (await import('../../config/objects/local-backend.ts')).localBackend,
      (await import('../../config/objects/memory-backend.ts')).memoryBackend,
    ],
  },
  {
    name: 'alert-handler',
    plural: 'alert-handlers',
    load: async () => [
      (await import('../../config/objects/alert-handler.ts')).alertHandler,
      (await import('../../config/objects/smtp-alert-handler.ts')).smtpAlertHandler,
    ],
  },
  {
    name: 'account-status-notification-handler',
    plural: 'account-status-notification-handlers',
    load: async () => [
      (await import('../../config/objects/passwords/account-status-notification-handler.ts'))
        .accountStatusNotificationHandler,
      (await import('../../config/objects/passwords/account-status-notification-handler.ts'))
        .errorLogAccountStatusNotificationHandler,
      (await import('../../config/objects/passwords/account-status-notification-handler.ts'))
        .smtpAccountStatusNotificationHandler,
    ],
  },
  {
    name: 'password-validator',
    plural: 'password-validators',
    load: async () => [
      (await import('../../config/objects/passwords/password-validator.ts')).passwordValidator,
      (await import('../../config/objects/passwords/attribute-value-password-validator.ts'))
        .attributeValuePasswordValidator,
      (await import('../../config/objects/passwords/character-set-password-validator.ts'))
        .characterSetPasswordValidator,
      (await import('../../config/objects/passwords/dictionary-password-validator.ts'))
        .dictionaryPasswordValidator,
      (await import('../../config/objects/passwords/length-based-password-validator.ts'))
        .lengthBasedPasswordValidator,
      (await import('../../config/objects/passwords/repeated-characters-password-validator.ts'))
        .repeatedCharactersPasswordValidator,
      (await import('../../config/objects/passwords/similarity-based-password-validator.ts'))
        .similarityBasedPasswordValidator,
      (await import('../../config/objects/passwords/unique-characters-password-validator.ts'))
        .uniqueCharactersPasswordValidator,
    ],
  },
  {
    name: 'password-policy',
    plural: 'password-policies',
    load: async () => [(await import('../../config/objects/passwords/password-policy.ts')).passwordPolicy],
  },
  {
    name: 'secret-source',
    plural: 'secret-sources',
    load: async () => [(await import('../../config/objects/secret-source.ts')).secretSource],
  },
  {
    name: 'root-dn-user',
    plural: 'root-dn-users',
    load: async () => [(await import('../../config/objects/root-dn-user.ts')).rootDnUser],
  },
  {
    name: 'global-access-control-policy',
    plural: 'global-access-control-policies',
    load: async () => [
      (await import('../../config/objects/global-access-control-policy.ts')).globalAccessControlPolicy,
    ],
  },
];

/** Resolves to the one family whose subcommand this is; undefined when it is none. */
export async function loadFamily(command: string): Promise<ObjectFamily | undefined> {
  const loader = FAMILY_LOADERS.find((one) => namesCommand(one, command));
  if (loader === undefined) return undefined;
  const [family] = objectFamilies(await loader.load());
  return family;
}

// Authorities in entries of this server: certificates at and below a base DN.

import { defineObject } from '../object-definition.ts';
import { forgerockClass, opendjAttribute } from '../object-identifiers.ts';
import { property } from '../property-definition.ts';
import { dn } from '../types/dn.ts';
import { javaClassProperty } from './properties/java-class-property.ts';
import { trustStorePin } from './properties/trust-store-pin.ts';
import { unsupportedPins } from './properties/unsupported-pins.ts';
import { trustManagerProvider } from './trust-manager-provider.ts';

export const ldapTrustManagerProvider = defineObject({
  kind: 'ldap-trust-manager-provider',
  friendlyName: 'LDAP Trust Manager Provider',
  friendlyPluralName: 'LDAP Trust Manager Providers',
  synopsis: 'Trusts certificates signed by the authorities in entries of this server.',
  description:
    'Every certificate counts that userCertificate;binary or cACertificate;binary of an entry has, in a memory backend ' +
    'for example. What is added or taken away there holds for the TLS connections that begin a second after it. Certificates ' +
    'in entries are not encrypted: trust-store-pin is kept, without effect.',
  objectClass: { name: 'ds-cfg-ldap-trust-manager-provider', oid: forgerockClass(52) },
  parent: trustManagerProvider,
  location: trustManagerProvider.location,
  properties: [
    ...trustManagerProvider.properties,
    property({
      name: 'base-dn',
      oid: opendjAttribute(8),
      type: dn(),
      multiValuedAttribute: true,
      required: true,
      synopsis: 'Where the entries with the certificates are.',
      allowed: 'The name below which entries of this server hold certificates',
      adminAction: { kind: 'none', note: 'A change takes effect when the trust store is read next.' },
    }),
    trustStorePin,
    javaClassProperty('org.opends.server.extensions.LDAPTrustManagerProvider'),
    ...unsupportedPins('trust-store-pin', 98),
  ],
});

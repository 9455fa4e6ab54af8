// Object identifiers of the protocol: controls, extended operations, features. Those of the schema are in schema/*.ldif.

export const Oid = {
  // Controls
  pagedResults: '1.2.840.113556.1.4.319', // RFC 2696
  sortRequest: '1.2.840.113556.1.4.473', // RFC 2891
  sortResponse: '1.2.840.113556.1.4.474',
  listViewRequest: '2.16.840.1.113730.3.4.9', // draft-ietf-ldapext-ldapv3-vlv
  listViewResponse: '2.16.840.1.113730.3.4.10',
  persistentSearch: '2.16.840.1.113730.3.4.3', // draft-ietf-ldapext-psearch
  entryChangeNotification: '2.16.840.1.113730.3.4.7',
  proxiedAuthorization: '2.16.840.1.113730.3.4.18', // RFC 4370
  authorizationIdentityRequest: '2.16.840.1.113730.3.4.16', // RFC 3829
  authorizationIdentityResponse: '2.16.840.1.113730.3.4.15',
  passwordPolicy: '1.3.6.1.4.1.42.2.27.8.5.1', // draft-behera-ldap-password-policy
  passwordExpired: '2.16.840.1.113730.3.4.4', // draft-vchu-ldap-pwd-policy
  passwordExpiring: '2.16.840.1.113730.3.4.5',
  manageDsaIt: '2.16.840.1.113730.3.4.2', // RFC 3296
  subtreeDelete: '1.2.840.113556.1.4.805', // draft-armijo-ldap-treedelete
  matchedValues: '1.2.826.0.1.3344810.2.3', // RFC 3876
  assertion: '1.3.6.1.1.12', // RFC 4528
  preRead: '1.3.6.1.1.13.1', // RFC 4527
  postRead: '1.3.6.1.1.13.2',
  dontUseCopy: '1.3.6.1.1.22', // RFC 6171
  permissiveModify: '1.2.840.113556.1.4.1413', // [MS-ADTS] 3.1.1.3.4.1.8
  transactionId: '1.3.6.1.4.1.36733.2.1.5.1', // PingDS: whose work a request belongs to, for logs
  noOp: '1.3.6.1.4.1.4203.1.10.2', // draft-zeilenga-ldap-noop
  noOpOfOpenLdap: '1.3.6.1.4.1.4203.666.5.2', // what ldap-utils send for -e noop
  syncRequest: '1.3.6.1.4.1.4203.1.9.1.1', // RFC 4533
  syncState: '1.3.6.1.4.1.4203.1.9.1.2',
  syncDone: '1.3.6.1.4.1.4203.1.9.1.3',
  transaction: '1.3.6.1.1.21.2', // RFC 5805
  effectiveRights: '1.3.6.1.4.1.42.2.27.9.5.2', // draft-ietf-ldapext-acl-model, as OpenDJ and 389 Directory Server have it
  exportedSecrets: '2.25.91284782873429157759323361610399607177.9.3', // our own: src/operations/requests/exported-secrets.ts
  // Intermediate responses
  syncInfo: '1.3.6.1.4.1.4203.1.9.1.4', // RFC 4533
  // Extended operations
  startTls: '1.3.6.1.4.1.1466.20037', // RFC 4511 §4.14
  passwordModify: '1.3.6.1.4.1.4203.1.11.1', // RFC 3062
  whoAmI: '1.3.6.1.4.1.4203.1.11.3', // RFC 4532
  cancel: '1.3.6.1.1.8', // RFC 3909
  startTransaction: '1.3.6.1.1.21.1', // RFC 5805
  endTransaction: '1.3.6.1.1.21.3',
  differences: '2.25.91284782873429157759323361610399607177.9.1', // our own: src/operations/requests/history.ts
  rollback: '2.25.91284782873429157759323361610399607177.9.2',
  abortedTransactionNotice: '1.3.6.1.1.21.4',
  noticeOfDisconnection: '1.3.6.1.4.1.1466.20036', // RFC 4511 §4.4.1
  // Features
  allOperationalAttributes: '1.3.6.1.4.1.4203.1.5.1', // RFC 3673
  absoluteTrueAndFalseFilters: '1.3.6.1.4.1.4203.1.5.3', // RFC 4526
  attributesByObjectClass: '1.3.6.1.4.1.4203.1.5.2', // RFC 4529
  languageTags: '1.3.6.1.4.1.4203.1.5.4', // RFC 3866
  languageRanges: '1.3.6.1.4.1.4203.1.5.5', // RFC 3866
  increment: '1.3.6.1.1.14', // RFC 4525
} as const;

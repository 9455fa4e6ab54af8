// Object identifiers of the protocol: controls, extended operations, features. Those of the schema are in schema/*.ldif.

export const Oid = {
  // Extended operations
  startTls: '1.3.6.1.4.1.1466.20037', // RFC 4511 §4.14
  whoAmI: '1.3.6.1.4.1.4203.1.11.3', // RFC 4532
  noticeOfDisconnection: '1.3.6.1.4.1.1466.20036', // RFC 4511 §4.4.1
  // Features
  allOperationalAttributes: '1.3.6.1.4.1.4203.1.5.1', // RFC 3673
  absoluteTrueAndFalseFilters: '1.3.6.1.4.1.4203.1.5.3', // RFC 4526
  increment: '1.3.6.1.1.14', // RFC 4525
} as const;

// The options of every command that asks a running server, under dsconfig's names.

import type { CommandOption } from '../command.ts';

export const DEFAULT_BIND_DN = 'uid=admin';
export const DEFAULT_CONNECT_TIMEOUT_MS = 30_000;
/** The longest request takes far less without an answer. */
export const DEFAULT_REQUEST_TIMEOUT_MS = 120_000;
/** The SASL mechanism (RFC 4422 appendix A). */
export const EXTERNAL = 'EXTERNAL';
/** The file of connection options that is read when no other is named, in the folder `confdit` of the user's configuration. */
export const PROPERTIES_FILE_NAME = 'tools.properties';
const STORE_TYPES: readonly string[] = ['PKCS12', 'JKS', 'PEM'];

const OPTIONS: readonly CommandOption[] = [
  { name: 'hostname', short: 'h', value: 'HOST', synopsis: 'the server (default: localhost)' },
  {
    name: 'port',
    short: 'p',
    value: 'PORT',
    synopsis: 'its port (default: LDAP_PORT or 1389; 1636 with --useSsl)',
  },
  {
    name: 'socket',
    value: 'PATH',
    synopsis: 'the socket file of a server on this machine (LDAPI); who may open it needs no password',
  },
  { name: 'useSsl', short: 'Z', synopsis: 'implicit TLS (LDAPS)' },
  { name: 'useStartTls', short: 'q', synopsis: 'TLS by StartTLS' },
  { name: 'trustAll', short: 'X', synopsis: 'trust every certificate' },
  {
    name: 'trustStorePath',
    value: 'FILE',
    synopsis: 'the authorities to trust: PKCS12, JKS or PEM; means --useSsl unless --useStartTls is given',
  },
  {
    name: 'trustStoreType',
    value: 'TYPE',
    values: STORE_TYPES,
    synopsis: 'what the file is; seen from the file when absent',
  },
  { name: 'trustStorePassword', short: 'T', value: 'PIN', synopsis: 'the pin of the file' },
  { name: 'trustStorePassword:env', value: 'NAME', synopsis: 'the environment variable that holds the pin' },
  { name: 'trustStorePassword:file', value: 'FILE', synopsis: 'the file that holds the pin' },
  {
    name: 'keyStorePath',
    value: 'FILE',
    synopsis:
      'the key and the certificate to show to the server: PKCS12 or JKS; they log in unless a name is given',
  },
  {
    name: 'keyStoreType',
    value: 'TYPE',
    values: STORE_TYPES,
    synopsis: 'what the file is; seen from the file when absent',
  },
  { name: 'keyStorePassword', short: 'W', value: 'PIN', synopsis: 'the pin of the file' },
  { name: 'keyStorePassword:env', value: 'NAME', synopsis: 'the environment variable that holds the pin' },
  { name: 'keyStorePassword:file', value: 'FILE', synopsis: 'the file that holds the pin' },
  { name: 'certNickname', short: 'N', value: 'NAME', synopsis: 'which key of the file' },
  {
    name: 'saslOption',
    short: 'o',
    value: 'NAME=VALUE',
    values: [`mech=${EXTERNAL}`],
    repeatable: true,
    synopsis: 'mech=EXTERNAL: log in by the certificate, or by the socket file',
  },
  { name: 'bindDN', short: 'D', value: 'DN', synopsis: `who logs in (default: ${DEFAULT_BIND_DN})` },
  {
    name: 'bindPassword',
    short: 'w',
    value: 'PASSWORD',
    synopsis: 'the password; others on this machine can read it',
  },
  { name: 'bindPassword:env', value: 'NAME', synopsis: 'the environment variable that holds the password' },
  {
    name: 'bindPassword:file',
    short: 'j',
    value: 'FILE',
    synopsis: 'the file that holds the password (default: config/admin.pin of the instance)',
  },
  { name: 'reportAuthzId', short: 'E', synopsis: 'say on standard error who has logged in' },
  {
    name: 'usePasswordPolicyControl',
    synopsis: 'taken from command lines of dsconfig; what there is to say of a password is said anyway',
  },
  {
    name: 'connectTimeout',
    value: 'MS',
    synopsis: `how long to wait for the connection, for TLS and for the login, each (default: ${DEFAULT_CONNECT_TIMEOUT_MS}; 0: as long as it takes)`,
  },
  {
    name: 'requestTimeout',
    value: 'MS',
    synopsis: `how long the server may say nothing when it is asked something (default: ${DEFAULT_REQUEST_TIMEOUT_MS}; 0: as long as it takes)`,
  },
  {
    name: 'propertiesFilePath',
    value: 'FILE',
    synopsis: `a file of these options, hostname=HOST (default: ~/.config/confdit/${PROPERTIES_FILE_NAME})`,
  },
  { name: 'noPropertiesFile', synopsis: 'read no such file' },
];

export const CONNECTION_OPTIONS: readonly CommandOption[] = OPTIONS.map((option) => ({
  ...option,
  group: 'connection',
}));

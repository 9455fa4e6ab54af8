// The part of the catalogue about secrets that stay elsewhere: secret sources, and the values that name them.

const SECRETS = 'cn=Secret Sources,cn=config';
const URL = 'http://127.0.0.1:{secrets}';

export const SECRET_CHOICES = {
  /** Values of secret properties. */
  values: [
    ['canary-mail-a'],
    ['$<file:oracle/mail.pin>'],
    ['$<cred:mail.pin>'],
    ['$<http:Vault/mail#/pin>'],
    ['$<http:Plain#/pin>'],
    ['$<oracle.pin>'],
    [],
  ],
  /** What attributes of secret sources may be set to. */
  attributes: {
    'ds-cfg-base-url': [[URL], [`${URL}/other`], ['http://127.0.0.1:{taken}']],
    'ds-cfg-allowed-path': [['mail'], ['*', 'other/**'], []],
    'ds-cfg-preset': [['none'], ['kv-v2'], []],
    'ds-cfg-kv-mount': [['secret'], ['other'], []],
    'ds-cfg-token-header': [['X-API-Key'], []],
  },
};

export const SECRET_PLACES = [
  {
    kind: 'secret-source',
    under: SECRETS,
    names: ['Vault', 'Plain'],
    initial: { 'ds-cfg-base-url': [URL] },
  },
];

export const SECRET_BEGINNING = [
  { dn: `cn=Vault,${SECRETS}`, set: { 'ds-cfg-preset': ['kv-v2'], 'ds-cfg-allowed-path': ['mail'] } },
  { dn: `cn=Plain,${SECRETS}`, set: {} },
];

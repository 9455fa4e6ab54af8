// cn=config: PingDS's global configuration, as far as it applies here. Other properties that scripts set there are
// declared too: values that always apply are accepted, and unsupported ones are refused with the alternative.

import { defineObject } from '../object-definition.ts';
import { forgerockAttribute, opendjAttribute, opendjClass, ownAttribute } from '../object-identifiers.ts';
import { property } from '../property-definition.ts';
import { boolean } from '../types/boolean.ts';
import { reference } from '../types/dn.ts';
import { duration } from '../types/duration.ts';
import { fixedValue } from '../types/fixed-value.ts';
import { integer } from '../types/integer.ts';
import { schemaDefinition } from '../types/schema-definition.ts';
import { string } from '../types/string.ts';
import { unsupported } from '../types/unsupported.ts';
import { foreignGlobalProperties } from './properties/foreign-global-properties.ts';
import { mailSpoolProperties } from './properties/mail-spool-properties.ts';
import { CONFIG_ROOT } from './properties/places.ts';

const serverWord = () =>
  string({
    pattern: /^[a-z0-9](?:[a-z0-9._-]*[a-z0-9])?$/i,
    patternInWords: 'of letters, digits and, between them, dots, hyphens and underscores',
    charactersMax: 255,
  });

export const rootConfig = defineObject({
  kind: 'global-configuration',
  friendlyName: 'Global Configuration',
  friendlyPluralName: 'Global Configurations',
  synopsis: 'The root of the configuration, which holds what concerns the whole server.',
  objectClass: { name: 'ds-cfg-root-config', oid: opendjClass(39) },
  location: { at: [CONFIG_ROOT] },
  properties: [
    property({
      name: 'server-id',
      oid: ownAttribute(37),
      type: serverWord(),
      synopsis: 'A name for this server, that distinguishes it from others.',
      default: { behaviour: 'The server has no name of its own.' },
    }),
    property({
      name: 'group-id',
      oid: ownAttribute(90),
      type: serverWord(),
      default: ['default'],
      synopsis: 'The group of servers that this one belongs to in PingDS; kept, without effect.',
      description: 'Servers do not replicate here, so there is nobody to prefer the servers of a group.',
    }),
    property({
      name: 'reload-on-file-change',
      oid: ownAttribute(62),
      type: boolean(),
      default: ['false'],
      synopsis:
        'Whether everything is reloaded when a file that an expression names, as in $<file:path>, has changed.',
      description:
        'Such files are checked every second; links are followed, so that it does not matter how a file is replaced. ' +
        'Expression files are not checked: confdit reload, or SIGHUP, reads those again.',
    }),
    property({
      name: 'site-schema',
      oid: ownAttribute(345),
      type: schemaDefinition(),
      multiValued: true,
      synopsis:
        'Definitions of the schema of the site, each as a line of a schema file: attributeTypes: ( … ).',
      description:
        'They are added to those of the files in the folder schema, and are in force at once, in a cluster at every server before the ' +
        'entries that use them. A definition that an entry uses is neither changed nor removed.',
      default: { behaviour: 'The schema is that of the files.' },
    }),
    property({
      name: 'smtp-server',
      oid: opendjAttribute(376),
      type: unsupported({
        problem: 'cannot be set here, because every mail server has an entry of its own',
        advice: (address) =>
          `Add an entry of class ds-cfg-mail-server under cn=Mail Servers,cn=config, with ds-cfg-smtp-server: ${address}.`,
      }),
      multiValued: true,
      synopsis: 'Where OpenDJ keeps the addresses of mail servers; refused.',
    }),
    property({
      name: 'check-schema',
      oid: opendjAttribute(15),
      type: fixedValue({
        words: ['true'],
        syntax: 'boolean',
        problem: 'is not supported: no entry is taken that does not fit the schema',
      }),
      advanced: true,
      default: ['true'],
      synopsis: 'Whether entries must fit the schema; always so.',
    }),
    property({
      name: 'invalid-attribute-syntax-behavior',
      oid: opendjAttribute(31),
      type: fixedValue({
        words: ['reject'],
        problem: 'is not supported: no value is taken that does not fit the syntax of its attribute',
      }),
      advanced: true,
      default: ['reject'],
      synopsis: 'What happens to a value that does not fit the syntax of its attribute; always refused.',
    }),
    property({
      name: 'single-structural-objectclass-behavior',
      oid: opendjAttribute(88),
      type: fixedValue({
        words: ['reject'],
        problem: 'is not supported: every entry has exactly one structural object class',
      }),
      advanced: true,
      default: ['reject'],
      synopsis: 'What happens to an entry without exactly one structural object class; always refused.',
    }),
    property({
      name: 'trust-transaction-ids',
      oid: forgerockAttribute(155),
      type: fixedValue({
        words: ['false'],
        syntax: 'boolean',
        problem: 'is not supported: no control that carries a transaction id is known here',
      }),
      advanced: true,
      default: ['false'],
      synopsis: 'Whether transaction ids of clients are trusted; never.',
    }),
    property({
      name: 'writability-mode',
      oid: opendjAttribute(123),
      type: fixedValue({
        words: ['enabled'],
        problem: 'is not supported: a server that takes no change could not be told to take changes again',
      }),
      default: ['enabled'],
      synopsis: 'Whether changes are taken; always. Whose, the privileges of accounts say.',
    }),
    property({
      name: 'task-retention-time',
      oid: opendjAttribute(79),
      type: duration({ lowestMs: 0 }),
      default: ['24 h'],
      synopsis: 'How long a task stays in cn=tasks after it has ended.',
    }),
    property({
      name: 'changelog-purge-delay',
      oid: ownAttribute(150),
      type: duration({ allowUnlimited: true }),
      default: ['30 d'],
      synopsis:
        'How long changes stay in the journal, and so in cn=changelog and within reach of a rollback. Journal files go as a whole, when a snapshot is written.',
    }),
    property({
      name: 'changelog-minimum-changes',
      oid: ownAttribute(151),
      type: integer({ lowest: 0, highest: 1_000_000_000, unit: 'changes' }),
      default: ['10000'],
      synopsis: 'How many of the last changes stay in the journal however old they are.',
    }),
    property({
      name: 'default-password-policy',
      oid: opendjAttribute(161),
      type: reference('password-policy'),
      synopsis: 'The password policy of the accounts of the configuration that name none.',
      default: { behaviour: 'Accounts that name no password policy have none.' },
    }),
    property({
      name: 'lockout-failure-count',
      oid: opendjAttribute(146),
      type: integer({ lowest: 3, highest: 100_000, unit: 'failed logins' }),
      default: ['20'],
      advanced: true,
      synopsis:
        'How often logins with one name may fail from one address before they are refused for a while; an address as a whole, and a name from everywhere, may fail five times as often.',
    }),
    property({
      name: 'lockout-duration',
      oid: opendjAttribute(145),
      type: duration({ lowestMs: 1, highestMs: 604_800_000 }),
      default: ['5 m'],
      advanced: true,
      synopsis: 'How long logins are refused after too many have failed.',
    }),
    property({
      name: 'lockout-failure-expiration-interval',
      oid: opendjAttribute(147),
      type: duration({ lowestMs: 1000, highestMs: 604_800_000 }),
      default: ['15 m'],
      advanced: true,
      synopsis: 'How long after the last failed login earlier ones are forgotten.',
    }),
    ...mailSpoolProperties,
    ...foreignGlobalProperties,
  ],
});

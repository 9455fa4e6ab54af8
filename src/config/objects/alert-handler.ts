// Common properties of alert handlers: which alerts they send.

import { ALERT_TYPES } from '../alert-types.ts';
import { defineObject } from '../object-definition.ts';
import { opendjAttribute, opendjClass } from '../object-identifiers.ts';
import { property } from '../property-definition.ts';
import { string } from '../types/string.ts';
import { enabledProperty } from './properties/enabled-property.ts';
import { Container } from './properties/places.ts';

const alertType = () =>
  string({
    pattern: /^[a-z0-9]+(?:[.-][a-z0-9]+)*$/i,
    patternInWords: 'of words with dots between them, such as org.opends.server.ConfigChange',
    charactersMax: 255,
  });

export const alertHandler = defineObject({
  kind: 'alert-handler',
  friendlyName: 'Alert Handler',
  friendlyPluralName: 'Alert Handlers',
  synopsis: 'Passes on the alerts that this server raises.',
  objectClass: { name: 'ds-cfg-alert-handler', oid: opendjClass(2) },
  abstract: true,
  location: { under: Container.alertHandlers },
  properties: [
    enabledProperty('Whether the alert handler passes on alerts.'),
    property({
      name: 'enabled-alert-type',
      oid: opendjAttribute(389),
      type: alertType(),
      multiValued: true,
      synopsis: 'The types of alerts that are passed on.',
      description: `There are: ${Object.entries(ALERT_TYPES)
        .map(([type, meaning]) => `${type} (${meaning})`)
        .join(', ')}.`,
      default: { behaviour: 'Every type that disabled-alert-type does not name is passed on.' },
    }),
    property({
      name: 'disabled-alert-type',
      oid: opendjAttribute(390),
      type: alertType(),
      multiValued: true,
      synopsis: 'The types of alerts that are not passed on, even when enabled-alert-type names them too.',
      default: { behaviour: 'Every type that enabled-alert-type lets through is passed on.' },
    }),
  ],
});

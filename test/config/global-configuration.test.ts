// What cn=config itself may say: what is always so is taken, as scripts written for PingDS set it.

import { describe, expect, it } from 'vitest';
import { foreignGlobalProperties } from '../../src/config/objects/properties/foreign-global-properties.ts';
import { rootConfig } from '../../src/config/objects/root-config.ts';
import { Attribute } from '../../src/ldap/entry.ts';
import { brief, Configuration } from './configuration.ts';

const configuration = await Configuration.open();
/** Those of other servers are tried by foreign-properties.test.ts. */
const FOREIGN: ReadonlySet<string> = new Set(foreignGlobalProperties.map(({ attribute }) => attribute));
const OWN = rootConfig.properties.map(({ attribute }) => attribute).filter((name) => !FOREIGN.has(name));

describe('the global configuration', () => {
  it.each([
    ['ds-cfg-server-id', 'mail-config.eu_1'],
    ['ds-cfg-server-id', 'x'],
    ['ds-cfg-check-schema', 'TRUE'],
    ['ds-cfg-invalid-attribute-syntax-behavior', 'Reject'],
    ['ds-cfg-single-structural-objectclass-behavior', 'reject'],
    ['ds-cfg-trust-transaction-ids', '$<platform.trust.transaction.header|false>'],
    ['ds-cfg-writability-mode', 'enabled'],
  ])('takes %s: %s', (name, text) => {
    expect(brief(configuration.checkPut(withValue(name, text)))).toEqual([]);
  });

  it.each(OWN)('takes no nonsense as %s', (name) => {
    expect(brief(configuration.checkPut(withValue(name, '?')))).toHaveLength(1);
  });

  it('is a decoded object with its defaults', () => {
    expect(configuration.validator.decode(withValue('ds-cfg-server-id', 'one'))).toMatchObject({
      kind: 'global-configuration',
      serverId: 'one',
      checkSchema: 'true',
      writabilityMode: 'enabled',
    });
  });
});

function withValue(name: string, text: string) {
  const entry = configuration.get('cn=config');
  const others = entry.attributes.filter(({ key }) => key !== name.toLowerCase());
  return entry.withAttributes([...others, new Attribute(name, [text])]);
}

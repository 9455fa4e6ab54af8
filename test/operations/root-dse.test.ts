import { beforeAll, describe, expect, it } from 'vitest';
import { Oid } from '../../src/ldap/oids.ts';
import {
  andFilter,
  bindRequest,
  changeKinds,
  compareRequest,
  control,
  deleteRequest,
  extendedRequest,
  modifyRequest,
  orFilter,
  scopes,
  searchRequest,
} from '../support/ber-bytes.ts';
import { RawClient } from '../support/raw-client.ts';
import { type RunningServer, startServer } from '../support/start-server.ts';
import { addMailServer, MAIL_SERVERS, mailServerDn } from './entries.ts';

/** Controls and extended operations that clients know and this server has not, beside one that nobody has. */
const NOT_SUPPORTED_CONTROLS = [
  '1.3.6.1.4.1.4203.666.5.12', // relax rules
  '1.3.6.1.4.1.4203.1.10.1', // subentries
  '1.3.6.1.4.1.42.2.27.8.5.1', // password policy
  '1.2.840.113556.1.4.841', // directory synchronization
  '1.2.826.0.1.334810.2.3',
  Oid.sortResponse,
  Oid.syncState,
  '1.2.3.4',
];
const NOT_SUPPORTED_EXTENSIONS = [
  '1.3.6.1.1.19', // turn
  '1.3.6.1.4.1.1466.101.119.1', // refresh of dynamic entries
  Oid.noticeOfDisconnection,
  Oid.abortedTransactionNotice,
  '1.2.3.4',
];

let server: RunningServer;
let client: RawClient;
let rootDse: Readonly<Record<string, readonly string[]>>;

beforeAll(async () => {
  server = await startServer();
  client = await RawClient.bound(server);
  const anonymous = await RawClient.connect(server);
  const { entries } = await anonymous.request(searchRequest('', { attributes: ['+', '*'] }));
  rootDse = entries[0]?.attributes ?? {};
  anonymous.close();
});

/** Whether some request takes the control as critical: whatever it answers is not 12 for the control's sake. */
async function isAccepted(oid: string): Promise<boolean> {
  const requests = [
    searchRequest(MAIL_SERVERS),
    compareRequest(MAIL_SERVERS, 'cn', 'x'),
    addMailServer('No Such, Ever', { 'ds-cfg-enabled': 'neither' }),
    modifyRequest(mailServerDn('None'), [[changeKinds.replace, 'cn', ['x']]]),
    deleteRequest(mailServerDn('None')),
  ];
  const codes: number[] = [];
  for (const request of requests) codes.push((await client.request(request, [control(oid, true)])).code);
  // A bind makes the connection anonymous, so it has one of its own.
  const binding = await RawClient.connect(server);
  codes.push((await binding.request(bindRequest('', ''), [control(oid, true)])).code);
  binding.close();
  return codes.some((code) => code !== 12);
}

describe('the root DSE lists exactly what works', () => {
  it('supportedControl', async () => {
    const listed = rootDse.supportedControl ?? [];
    expect(new Set(listed).size).toBe(listed.length);
    const controls = Object.values(Oid);
    const candidates = new Set([...listed, ...controls, ...NOT_SUPPORTED_CONTROLS]);
    for (const oid of candidates) expect([oid, await isAccepted(oid)]).toEqual([oid, listed.includes(oid)]);
  });

  it('supportedExtension', async () => {
    const listed = rootDse.supportedExtension ?? [];
    const candidates = new Set([...listed, ...Object.values(Oid), ...NOT_SUPPORTED_EXTENSIONS]);
    for (const oid of candidates) {
      const own = await RawClient.bound(server);
      const { code, text } = await own.request(extendedRequest(oid, 'not a value'));
      const isKnown = !(code === 2 && text.includes('is not supported'));
      expect([oid, isKnown]).toEqual([oid, listed.includes(oid)]);
      own.close();
    }
  });

  it('supportedFeatures', async () => {
    const trials: Readonly<Record<string, () => Promise<boolean>>> = {
      [Oid.allOperationalAttributes]: async () => {
        const { entries } = await client.request(searchRequest(MAIL_SERVERS, { attributes: ['+'] }));
        const names = Object.keys(entries[0]?.attributes ?? {});
        return names.includes('entryUUID') && names.includes('createTimestamp') && !names.includes('cn');
      },
      [Oid.attributesByObjectClass]: async () => {
        const { entries } = await client.request(
          searchRequest(mailServerDn('Feature'), { attributes: ['@ds-cfg-mail-server'] }),
        );
        return Object.hasOwn(entries[0]?.attributes ?? {}, 'ds-cfg-smtp-server');
      },
      [Oid.absoluteTrueAndFalseFilters]: async () => {
        const yes = await client.request(searchRequest(MAIL_SERVERS, { filter: andFilter() }));
        const no = await client.request(searchRequest(MAIL_SERVERS, { filter: orFilter() }));
        return yes.entries.length === 1 && no.entries.length === 0;
      },
      [Oid.increment]: async () => {
        const request = modifyRequest(mailServerDn('Feature'), [
          [changeKinds.increment, 'ds-cfg-enabled', ['1']],
        ]);
        const { code, text } = await client.request(request);
        return code === 19 && text.includes('is not a whole number');
      },
    };
    await client.request(addMailServer('Feature'));
    const listed = rootDse.supportedFeatures ?? [];
    for (const [oid, works] of Object.entries(trials)) {
      expect([oid, listed.includes(oid), await works()]).toEqual([oid, true, true]);
    }
    const languageOptions = [Oid.languageTags, Oid.languageRanges] as const;
    expect(listed.filter((oid) => !Object.hasOwn(trials, oid)).toSorted()).toEqual(
      languageOptions.toSorted(),
    );
  });

  it('supportedLDAPVersion and namingContexts', async () => {
    expect(rootDse.supportedLDAPVersion).toEqual(['3']);
    for (const context of rootDse.namingContexts ?? [])
      expect((await client.request(searchRequest(context))).entries).toHaveLength(1);
  });

  it('as many suffixes below it as a search of one level finds', async () => {
    const { entries } = await client.request(searchRequest('', { scope: scopes.one }));
    expect(entries.length).toBeGreaterThan(1);
    expect(rootDse).toMatchObject({ hasSubordinates: ['TRUE'], numSubordinates: [`${entries.length}`] });
  });
});

// A search that goes on, as a test looks at it: what comes for it, message by message.

import {
  type PersistentSearch,
  writePersistentSearch,
} from '../../../src/codec/persistent-search-control.ts';
import type { SyncRequest } from '../../../src/codec/sync-control.ts';
import { textFromOctets } from '../../../src/ldap/octets.ts';
import { Oid } from '../../../src/ldap/oids.ts';
import {
  extendedRequest,
  message,
  type SearchOptions,
  scopes,
  searchRequest,
} from '../../support/ber-bytes.ts';
import type { ServerMessage } from '../../support/ber-element.ts';
import {
  readEntryChange,
  readSyncInfo,
  readSyncState,
  writeSyncRequest,
} from '../../support/control-values.ts';
import { RawClient } from '../../support/raw-client.ts';
import type { RunningServer } from '../../support/start-server.ts';
import { MAIL_SERVERS } from '../entries.ts';
import { controlValue, controlWith } from './control-client.ts';

type Server = Pick<RunningServer, 'port' | 'password'>;

export const ALL_CHANGES: PersistentSearch = {
  changeTypes: 15,
  changesOnly: true,
  returnNotifications: true,
};

/** A search that goes on; what comes for it is asked for with `next`. */
export class Watch {
  readonly client: RawClient;
  readonly id: number;

  private constructor(client: RawClient, id: number) {
    this.client = client;
    this.id = id;
  }

  static async start(
    server: Server,
    oid: string,
    value: string,
    options: SearchOptions = {},
    base = MAIL_SERVERS,
  ): Promise<Watch> {
    const client = await RawClient.bound(server);
    const id = client.nextId();
    const request = searchRequest(base, { scope: scopes.subtree, ...options });
    client.send(message(id, request, [controlWith(oid, value)]));
    return new Watch(client, id);
  }

  static persistent(
    server: Server,
    asked: Partial<PersistentSearch> = {},
    options: SearchOptions = {},
  ): Promise<Watch> {
    return Watch.start(
      server,
      Oid.persistentSearch,
      writePersistentSearch({ ...ALL_CHANGES, ...asked }),
      options,
    );
  }

  static sync(
    server: Server,
    asked: Partial<SyncRequest> = {},
    options: SearchOptions = {},
    base = MAIL_SERVERS,
  ): Promise<Watch> {
    const value = { mode: 'refreshAndPersist', cookie: undefined, reloadHint: false, ...asked } as const;
    return Watch.start(server, Oid.syncRequest, writeSyncRequest(value), options, base);
  }

  /** Resolves when the server has dealt with all that was sent before. */
  async settled(): Promise<void> {
    await this.client.request(extendedRequest(Oid.whoAmI));
  }

  next(): Promise<ServerMessage> {
    return this.client.next();
  }

  async take(count: number): Promise<ServerMessage[]> {
    const messages: ServerMessage[] = [];
    while (messages.length < count) messages.push(await this.next());
    return messages;
  }
}

export function nameIn({ entry }: ServerMessage): string {
  return /^cn=([^,]*)/.exec(entry?.dn ?? '')?.[1] ?? '';
}

export function changeIn(one: ServerMessage): { name: string; type: number; number: number | undefined } {
  const { changeType, changeNumber } = readEntryChange(controlValue(one, Oid.entryChangeNotification));
  return { name: nameIn(one), type: changeType, number: changeNumber };
}

export function stateIn(one: ServerMessage): {
  name: string;
  state: string;
  id: string;
  cookie: string | undefined;
} {
  const { state, id, cookie } = readSyncState(controlValue(one, Oid.syncState));
  return { name: nameIn(one), state, id, cookie };
}

export function infoIn({ octets }: ServerMessage): ReturnType<typeof readSyncInfo> {
  return readSyncInfo(octets === undefined ? undefined : textFromOctets(octets));
}

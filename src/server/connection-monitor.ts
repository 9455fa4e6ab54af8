// What cn=monitor shows of connections, their requests and the results.

import { nameOfResultCode, type ResultCode } from '../ldap/result-code.ts';
import type { MonitorFigures, MonitorItem, MonitorSource } from '../monitor/monitor.ts';
import type { HandlerFigures, RequestKind } from '../operations/handler-figures.ts';

/** A connection handler that is enabled. */
export interface WatchedHandler {
  /** The name and the DN of its entry. */
  readonly name: string;
  readonly dn: string;
  readonly protocol: string;
  readonly urls: readonly string[];
  readonly figures: HandlerFigures;
}

export interface WatchedServer {
  readonly handlers: Iterable<WatchedHandler>;
  readonly connections: { readonly open: number; readonly most: number; readonly total: number };
}

const REQUEST_ATTRIBUTES: Readonly<Record<RequestKind, string>> = {
  abandonRequest: 'ds-mon-requests-abandon',
  addRequest: 'ds-mon-requests-add',
  bindRequest: 'ds-mon-requests-bind',
  compareRequest: 'ds-mon-requests-compare',
  deleteRequest: 'ds-mon-requests-delete',
  extendedRequest: 'ds-mon-requests-extended',
  modifyRequest: 'ds-mon-requests-modify',
  modifyDnRequest: 'ds-mon-requests-modify-dn',
  unbindRequest: 'ds-mon-requests-unbind',
  baseSearch: 'ds-mon-requests-search-base',
  oneSearch: 'ds-mon-requests-search-one',
  subSearch: 'ds-mon-requests-search-sub',
  invalid: 'ds-mon-requests-uncategorized',
};

/** Returns the figures of connections. @param others handlers of other protocols. */
export function connectionMonitor(server: WatchedServer, others: () => Iterable<MonitorItem>): MonitorSource {
  return {
    name: 'connection handlers',
    objectClass: 'ds-monitor-connection-handlers',
    figures: () => {
      const { open, most, total } = server.connections;
      return {
        'ds-mon-current-connections': open,
        'ds-mon-max-connections': most,
        'ds-mon-total-connections': total,
      };
    },
    items: () => [...[...server.handlers].map(handlerItem), ...others()],
  };
}

/** Returns the number of answers by result code, for handlers that are enabled now. */
export function resultMonitor(server: WatchedServer): MonitorSource {
  return {
    name: 'results',
    objectClass: 'ds-monitor-branch',
    figures: () => ({}),
    items: () => {
      const results = new Map<ResultCode, number>();
      for (const { figures } of server.handlers)
        for (const [code, count] of figures.results) results.set(code, (results.get(code) ?? 0) + count);
      return [...results].map(([code, count]) => ({
        name: nameOfResultCode(code),
        objectClass: 'ds-monitor-result-code',
        figures: () => ({ 'ds-mon-result-code': code, 'ds-mon-results': count }),
      }));
    },
  };
}

function handlerItem({ name, dn, protocol, urls, figures }: WatchedHandler): MonitorItem {
  return {
    name,
    objectClass: 'ds-monitor-connection-handler',
    figures: (): MonitorFigures => {
      const { read, written } = figures.octets;
      const requests = Object.entries(figures.requests).map(([kind, count]) => [
        REQUEST_ATTRIBUTES[kind as RequestKind],
        count,
      ]);
      return {
        'ds-mon-config-dn': dn,
        'ds-mon-listen-address': urls,
        'ds-mon-protocol': protocol,
        'ds-mon-active-connections-count': figures.openConnections,
        'ds-mon-connections': figures.connections,
        'ds-mon-active-persistent-searches': figures.watches,
        'ds-mon-bytes-read': read,
        'ds-mon-bytes-written': written,
        ...Object.fromEntries(requests),
      };
    },
  };
}

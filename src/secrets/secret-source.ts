// A secret source of the configuration, ready to be asked: the request for a name, and the value in the answer. The preset
// for the KV secrets engine, version 2, of HashiCorp Vault and OpenBao is here: its paths, header and form of answer.

import type { ObjectOfKind } from '../config/configuration-object.ts';
import type { TlsSettings } from '../trust/secure-contexts.ts';
import type { ServerTrust } from '../trust/server-trust.ts';
import { fetchJson } from './fetch-json.ts';
import { valueAt } from './json-answer.ts';
import { SecretError } from './secret-error.ts';

export type SecretSourceObject = ObjectOfKind<'secret-source'>;

/** The part of a name after the source. */
export interface SecretPlace {
  readonly path: readonly string[];
  /** JSON pointer (RFC 6901). */
  readonly pointer: string;
}

export interface SourceTls {
  readonly trust: ServerTrust;
  /** Key and certificate that the source is shown; empty for none. */
  readonly identity: Pick<TlsSettings, 'key' | 'cert'>;
}

/** Where the KV engine has the values in its answer: beside its own metadata. */
const KV_POINTER = '/data/data';

/**
 * Resolves to the value that a name stands for. Rejects with SecretError, also for what the source does not allow; then
 * nothing was asked.
 *
 * @param tls Called for HTTPS only. May reject with SecretError.
 */
export async function readSecret(
  source: SecretSourceObject,
  place: SecretPlace,
  tls: () => Promise<SourceTls>,
): Promise<string> {
  const url = urlOf(source, place.path);
  const isSecure = url.protocol === 'https:';
  const server = { host: url.hostname.replace(/^\[|\]$/g, ''), checksHost: true };
  const client = isSecure ? await tls() : undefined;
  const answer = await fetchJson({
    url,
    headers: headersOf(source),
    tls: await client?.trust.optionsFor(server, client.identity),
    connectMs: source.connectTimeout,
    requestMs: source.requestTimeout,
    octetsMax: source.responseSizeLimit,
    explain: async (error) => (await client?.trust.explain(error, server))?.message,
  });
  const isKv = source.preset === 'kv-v2';
  const found = valueAt(isKv ? valueAt(answer, KV_POINTER) : answer, place.pointer);
  const shown = place.pointer === '' ? 'as its answer' : `at ${place.pointer}`;
  if (found === undefined) throw new SecretError(`has no value ${shown}`);
  if (typeof found !== 'string') throw new SecretError(`has something else than a string ${shown}`);
  if (!found.isWellFormed()) throw new SecretError(`has half a character ${shown}`);
  return found;
}

function urlOf({ baseUrl, preset, kvMount, allowedPath }: SecretSourceObject, path: readonly string[]): URL {
  const shown = path.join('/');
  if (path.length > 0 && !allowedPath.some((pattern) => pattern.matches(path)))
    throw new SecretError(`does not allow the path ${shown}`);
  if (preset === 'none') return below(baseUrl, path);
  if (path.length === 0) throw new SecretError('needs a path, as in $<http:SOURCE/PATH#/POINTER>');
  return below(baseUrl, ['v1', ...kvMount.split('/').filter((segment) => segment !== ''), 'data', ...path]);
}

/** Every segment is encoded, so that no text of a name is another segment, a query or a fragment. */
function below(base: string, segments: readonly string[]): URL {
  if (segments.length === 0) return new URL(base);
  return new URL([base.replace(/\/$/, ''), ...segments.map(encodeURIComponent)].join('/'));
}

function headersOf({
  token,
  tokenHeader,
  preset,
  kvNamespace,
}: SecretSourceObject): Readonly<Record<string, string>> {
  const isInNamespace = preset === 'kv-v2' && kvNamespace !== undefined;
  const headers = { Accept: 'application/json', ...(isInNamespace && { 'X-Vault-Namespace': kvNamespace }) };
  if (token === undefined) return headers;
  const isAuthorization = tokenHeader.toLowerCase() === 'authorization';
  return { ...headers, [tokenHeader]: isAuthorization ? `Bearer ${token.reveal()}` : token.reveal() };
}

// Reads secrets from the secret sources of a configuration, before anything runs: trust managers and key managers are those
// of the entries, opened for one request.

import { Container } from '../../config/objects/properties/places.ts';
import { secretSourceOf } from '../../config/secret-names.ts';
import type { FetchedSecret, FindObject, PrepareSecret } from '../../configuration/secret-fetching.ts';
import { parseSecretName } from '../../expression/secret-name.ts';
import type { FileReader } from '../../files/file-reader.ts';
import type { Log } from '../../files/log.ts';
import { keysIn } from '../../runtime/key-managers.ts';
import { trustIn } from '../../runtime/trust-managers.ts';
import { SecretError } from '../../secrets/secret-error.ts';
import { readSecret, type SecretSourceObject, type SourceTls } from '../../secrets/secret-source.ts';
import { chooseKeys } from '../../trust/server-key.ts';
import { ServerTrust } from '../../trust/server-trust.ts';
import { StoreReader } from '../../trust/store-reader.ts';
import { TrustError } from '../../trust/trust-error.ts';

export interface SecretReaderOptions {
  readonly instanceFolder: string;
  readonly files: FileReader;
  readonly now: () => Date;
  readonly log?: Pick<Log, 'warn'>;
  /** Returns the last value for a name, while the server starts. Without it there is none. */
  readonly findLast?: (name: string) => string | undefined;
}

const LAST_USED = 'a secret source is away; the value that was read last is used until a reload';

/** Returns what asks the secret sources of a configuration. */
export function secretReader(options: SecretReaderOptions): PrepareSecret {
  return (name, find) => {
    const place = parseSecretName(name);
    const source = find(secretSourceOf(name).toString());
    if (typeof place === 'string') return failing(place);
    if (source?.kind !== 'secret-source')
      return failing(`does not exist below ${Container.secretSources}, or is not valid`);
    const tls = tlsOf(source, find, options);
    return async () => {
      try {
        return { text: await readSecret(source, place, tls) };
      } catch (error) {
        if (error instanceof SecretError) {
          const last = error.isPassing && source.useLastGoodValue ? options.findLast?.(name) : undefined;
          if (last === undefined) return { why: error.message, isAway: error.isAway };
          options.log?.warn({ source: source.dn.toString(), name, problem: error.message }, LAST_USED);
          return { text: last };
        }
        if (error instanceof TrustError)
          return { why: `cannot be asked: ${withoutStop(error.message)}`, isAway: true };
        throw error;
      }
    };
  };
}

function failing(why: string): () => Promise<FetchedSecret> {
  return async () => ({ why, isAway: false });
}

function withoutStop(sentence: string): string {
  return sentence.replace(/\.$/, '');
}

/** Takes the objects now, and opens their files when they are needed. */
function tlsOf(
  { trustManagerProvider, keyManagerProvider }: SecretSourceObject,
  find: FindObject,
  { instanceFolder, files, now }: SecretReaderOptions,
): () => Promise<SourceTls> {
  const trustName = trustManagerProvider?.toString();
  const keyName = keyManagerProvider?.toString();
  const trustManager = trustName === undefined ? undefined : find(trustName);
  const keyManager = keyName === undefined ? undefined : find(keyName);
  return async () => {
    const stores = new StoreReader(files);
    const opening = { instanceFolder, files };
    try {
      const trust =
        trustName === undefined
          ? ({ type: 'system' } as const)
          : await trustIn(trustManager, opening, stores);
      if (trust === undefined)
        throw new SecretError(`has the trust manager ${trustName}, which cannot be used here`);
      const keys = keyName === undefined ? [] : await keysIn(keyManager, opening, stores);
      if (keys === undefined)
        throw new SecretError(`has the key manager ${keyName}, which cannot be used here`);
      const chosen = keyName === undefined ? [] : chooseKeys(keys, [], now());
      return {
        trust: new ServerTrust({ name: trustName ?? 'the authorities of the runtime', trust, now }),
        identity:
          chosen.length === 0
            ? {}
            : {
                key: chosen.map(({ privateKey }) =>
                  String(privateKey.export({ type: 'pkcs8', format: 'pem' })),
                ),
                cert: chosen.map(({ certificate, chain }) => [certificate, ...chain].map(String).join('')),
              },
      };
    } finally {
      stores.close();
    }
  };
}

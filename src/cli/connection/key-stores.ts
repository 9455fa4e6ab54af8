// The files that TLS takes keys and certificates from, as they were typed.

import type { ConnectionOptions } from 'node:tls';
import { messageOf } from '../../files/file-error.ts';
import { FileReader } from '../../files/file-reader.ts';
import { UnreadableFile } from '../../files/named-file.ts';
import { chooseKeys } from '../../trust/server-key.ts';
import { StoreReader } from '../../trust/store-reader.ts';
import { TrustError } from '../../trust/trust-error.ts';
import { CommandError } from '../command.ts';
import { ExitCode } from '../exit-code.ts';
import type { KeyStoreChoice, TrustStoreChoice } from './connection-choice.ts';

const TRUST_STORE_OCTETS_MAX = 16 * 1024 * 1024;
const PEM_START = '-----BEGIN CERTIFICATE-----';

/** Reads the key and certificate that are shown to a server that asks for them. Rejects with CommandError. */
export async function readOwnKey({ path, pin, nickname }: KeyStoreChoice): Promise<ConnectionOptions> {
  try {
    const { keys } = await new StoreReader(new FileReader()).read({ path, pin, type: undefined });
    const chosen = chooseKeys(keys, nickname === undefined ? [] : [nickname], new Date());
    return {
      key: chosen.map(({ privateKey }) => privateKey.export({ type: 'pkcs8', format: 'pem' })),
      cert: chosen.map(({ certificate, chain }) => [certificate, ...chain].join('')),
    };
  } catch (error) {
    throw storeError('key', error);
  }
}

function storeError(what: string, error: unknown): CommandError {
  const message = messageOf(error);
  const isSentence = error instanceof TrustError || error instanceof UnreadableFile;
  const text = isSentence ? message : `The ${what} store cannot be read: ${message}.`;
  return new CommandError(text, ExitCode.wrongData, { cause: error });
}

/** Reads the authorities to trust, as PEM. Rejects with CommandError. */
export async function readAuthorities({ path, pin }: TrustStoreChoice): Promise<readonly string[]> {
  try {
    const files = new FileReader();
    const { octets } = await files.read(path, TRUST_STORE_OCTETS_MAX);
    const text = octets.toString('latin1');
    if (text.includes(PEM_START)) return [text];
    const certificates = await new StoreReader(files).readAuthorities({
      path,
      pin,
      type: undefined,
    });
    return certificates.map((certificate) => certificate.toString());
  } catch (error) {
    throw storeError('trust', error);
  }
}

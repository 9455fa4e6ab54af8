/**
 * A key and its certificate for a server that has none: of the same type as confdit makes at its first start.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeSelfSignedPem } from '../../src/trust/self-signed.ts';

/** Writes a PEM file with both into the folder; returns its path. */
export function writeKey(folder: string): string {
  const path = join(folder, 'server.pem');
  writeFileSync(path, makeSelfSignedPem({ hosts: ['localhost', '127.0.0.1'], now: new Date() }), {
    mode: 0o600,
  });
  return path;
}

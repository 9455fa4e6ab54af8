import { rootCertificates } from 'node:tls';
import { expect, it } from 'vitest';
import { readSystemAuthorities } from '../../src/trust/operating-system.ts';

it('gives the authorities of the runtime and those of the operating system, each once', () => {
  const authorities = readSystemAuthorities();
  const fingerprints = authorities.map((one) => one.fingerprint256);
  expect(authorities.length).toBeGreaterThanOrEqual(rootCertificates.length);
  expect(new Set(fingerprints).size).toBe(fingerprints.length);
  expect(authorities.every((one) => one.subject !== '')).toBe(true);
});

// Formats names and dates of certificates for messages.

import type { X509Certificate } from 'node:crypto';

const NAME_CHARACTERS_MAX = 300;

/** Returns `2026-11-29 21:40 UTC`. */
export function formatDay(date: Date): string {
  if (Number.isNaN(date.getTime())) return 'a day that cannot be read';
  return `${date.toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}

/**
 * Returns `CN=Example, O=Org` for a subject or issuer. The runtime returns one line for each part. The peer
 * controls content and length.
 */
export function formatSubject(subject: X509Certificate['subject'] | undefined): string {
  const name = (subject ?? '').replaceAll('\n', ', ').replace(/[\p{Cc}\p{Cf}]/gu, '?') || 'without a name';
  return name.length > NAME_CHARACTERS_MAX ? `${name.slice(0, NAME_CHARACTERS_MAX)}…` : name;
}

// Names and dates of certificates in sentences.

import type { X509Certificate } from 'node:crypto';

const NAME_CHARACTERS_MAX = 300;

/** `2026-11-29 21:40 UTC` */
export function formatDay(date: Date): string {
  if (Number.isNaN(date.getTime())) return 'a day that cannot be read';
  return `${date.toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}

/**
 * `CN=Example, O=Org` of a subject or issuer, which the runtime gives with a line for each part. Whoever sends a certificate
 * may write into it what he likes, at any length.
 */
export function formatSubject(subject: X509Certificate['subject'] | undefined): string {
  const name = (subject ?? '').replaceAll('\n', ', ').replace(/[\p{Cc}\p{Cf}]/gu, '?') || 'without a name';
  return name.length > NAME_CHARACTERS_MAX ? `${name.slice(0, NAME_CHARACTERS_MAX)}…` : name;
}

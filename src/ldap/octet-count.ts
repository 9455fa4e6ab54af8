// Counts octets of memory: the contract between a collection and the limit on its memory
// (src/directory/octet-budget.ts).

export interface OctetCount {
  /** Counts octets before they are allocated. Throws LdapError adminLimitExceeded or busy over the limit. */
  take(octets: number): void;
  /** Counts octets that are freed. */
  give(octets: number): void;
}

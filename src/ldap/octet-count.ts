// Who counts the octets of memory that something takes: the seam between what collects and what says how much of that may
// be (src/directory/octet-budget.ts).

export interface OctetCount {
  /** Counts octets before they are held; throws LdapError adminLimitExceeded or busy when they are too many. */
  take(octets: number): void;
  /** Counts octets that are not held any more. */
  give(octets: number): void;
}

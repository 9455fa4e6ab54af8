// One key of a requested sort order (RFC 2891 §1.1).

export interface SortKey {
  /** An attribute description as the client wrote it. */
  readonly attribute: string;
  /** An ordering rule by name or OID; undefined: the attribute's own. */
  readonly rule: string | undefined;
  readonly isReverse: boolean;
}

// Who takes part in a cluster, and which server does what only one may do. Types only.
//
// A server is present while it renews its entry. A leader is one server for one kind of work. Clocks of servers differ, so being
// the leader proves nothing by itself: an act that must happen once goes through `claim`.

/** A server that is present. */
export interface MemberRecord {
  /** Identifier of the server. */
  readonly id: string;
  /** Description of the server by itself. The caller decodes it: another version may have written it. */
  readonly text: string;
}

export interface ClusterMembers {
  /** Servers that are present, as last seen. Empty before the first answer of the service. */
  readonly present: readonly MemberRecord[];

  /** Shows this server, and from then on renews its entry until `leave` or `close`. Never throws: it tries again. */
  announce(text: string): void;

  /** Deletes the entry of this server. */
  leave(): Promise<void>;

  /** Calls back when `present` has changed; returns how to end that. */
  onChange(listener: () => void): () => void;

  /**
   * Tries to become the leader for some work, and keeps trying. The listener learns each time whether this server is the leader;
   * it is called with false no later than the service may choose another. Returns how to resign.
   */
  lead(work: string, listener: (isLeader: boolean) => void): () => Promise<void>;

  /**
   * Claims an act of some work, such as the alert about a commit. Returns true for one call in the whole cluster: if this server
   * is the leader for the work and nobody has claimed the act before. Throws LogError.
   */
  claim(work: string, act: string): Promise<boolean>;

  close(): Promise<void>;
}

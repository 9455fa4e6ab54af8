// An outgoing message, and the interface that sends it. Other rooms send mail through a `MailSender` only.

/** An outgoing message. Addresses have no display names. */
export interface OutgoingMessage {
  readonly from: string;
  readonly to: readonly string[];
  /** Subject on one line. */
  readonly subject: string;
  /** Plain text; lines end with \n. */
  readonly text: string;
  /** True if the text is HTML. */
  readonly isHtml?: boolean;
  /** Further header fields, such as `Auto-Submitted`. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** A message that is on disk and will be delivered, even after a restart. */
export interface SpooledMessage {
  /** Id in the log and in the spool. */
  readonly id: string;
  /** Message-ID header, with angle brackets. */
  readonly messageId: string;
}

export interface MailSender {
  /**
   * Spools a message. Resolves when it is on disk; the queue delivers it. Throws MailError if the spool is full
   * or cannot be written.
   */
  send(message: OutgoingMessage): Promise<SpooledMessage>;
}

/**
 * Reports why a message was not accepted or a mail server cannot be used: a sentence for administrators,
 * without secrets.
 */
export class MailError extends Error {}

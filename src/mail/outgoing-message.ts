// A message that this server wants to be sent, and the one who takes it. Everything in the server that sends mail holds
// a `MailSender` and nothing else of this room.

/** Addresses are as they stand on an envelope, without display names. */
export interface OutgoingMessage {
  readonly from: string;
  readonly to: readonly string[];
  /** One line. */
  readonly subject: string;
  /** Plain text; lines end with \n. */
  readonly text: string;
  /** Further header fields, such as `Auto-Submitted`. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** A message that is safely on disk and will be delivered, also after a restart. */
export interface SpooledMessage {
  /** What the message is called in the log and in the spool. */
  readonly id: string;
  /** Its Message-ID header, with angle brackets. */
  readonly messageId: string;
}

export interface MailSender {
  /**
   * Resolves when the message is on disk; delivering it is nobody else's business from then on. Throws MailError when the
   * spool is full or cannot be written.
   */
  send(message: OutgoingMessage): Promise<SpooledMessage>;
}

/** Why a message was not taken or a mail server cannot be used: a sentence for administrators, without secrets. */
export class MailError extends Error {}

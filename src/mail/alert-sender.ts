// Sends mails about alerts through the spool, or directly if the spool takes nothing: the alert may be about
// the full disk of the spool.

import { usableServers } from './deliver.ts';
import type { MailQueue } from './mail-queue.ts';
import type { MailServer } from './mail-server.ts';
import { MailError, type OutgoingMessage } from './outgoing-message.ts';

export interface AlertSender {
  /** Throws MailError if the message can neither be spooled nor sent now. */
  send(message: OutgoingMessage): Promise<unknown>;
}

/**
 * Returns the sender of alerts.
 *
 * @param servers Enabled mail servers, in the order in which they are tried.
 */
export function alertSender(
  queue: Pick<MailQueue, 'send' | 'sendNow'>,
  servers: () => readonly MailServer[],
): AlertSender {
  return {
    send: async (message) => {
      try {
        return await queue.send(message);
      } catch (error) {
        if (!(error instanceof MailError)) throw error;
        const { accepted } = await queue.sendNow(message, usableServers(servers()));
        if (accepted.length === 0) throw error;
        return accepted;
      }
    },
  };
}

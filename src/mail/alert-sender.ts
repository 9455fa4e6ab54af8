// How mails about alerts leave: through the spool like all others, and past it when it takes nothing. What an alert is
// about may well be the full disk that the spool is on.

import { usableServers } from './deliver.ts';
import type { MailQueue } from './mail-queue.ts';
import type { MailServer } from './mail-server.ts';
import { MailError, type OutgoingMessage } from './outgoing-message.ts';

export interface AlertSender {
  /** Throws MailError when the message can neither be spooled nor handed to a mail server now. */
  send(message: OutgoingMessage): Promise<unknown>;
}

/** @param servers the enabled ones, in the order in which they are tried. */
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

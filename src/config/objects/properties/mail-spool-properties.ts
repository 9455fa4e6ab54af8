// Limits of the mail spool: lifetime, retries and size. They are global, because a message belongs to no mail server
// until one has accepted it.

import { ownAttribute } from '../../object-identifiers.ts';
import { property } from '../../property-definition.ts';
import { duration } from '../../types/duration.ts';
import { integer } from '../../types/integer.ts';
import { size } from '../../types/size.ts';

const DAY_MS = 86_400_000;

export const mailSpoolProperties = [
  property({
    name: 'mail-spool-message-limit',
    oid: ownAttribute(102),
    type: integer({ lowest: 1, highest: 1_000_000, unit: 'messages' }),
    default: ['10000'],
    advanced: true,
    synopsis: 'How many messages may wait to be sent; when there are more, further ones are not taken.',
  }),
  property({
    name: 'mail-spool-size-limit',
    oid: ownAttribute(103),
    type: size({ lowestBytes: 1000, highestBytes: 1024 ** 4 }),
    default: ['100 MB'],
    advanced: true,
    synopsis: 'How much disk the messages that wait to be sent may take together.',
  }),
  property({
    name: 'mail-retry-pause',
    oid: ownAttribute(104),
    type: duration({ lowestMs: 100, highestMs: DAY_MS }),
    default: ['30 s'],
    advanced: true,
    synopsis:
      'How long after its first failure a message, or a mail server, is tried again; each further pause is twice as long.',
  }),
  property({
    name: 'mail-retry-pause-limit',
    oid: ownAttribute(105),
    type: duration({ lowestMs: 100, highestMs: DAY_MS }),
    default: ['30 m'],
    advanced: true,
    synopsis: 'How long such a pause becomes at most.',
  }),
  property({
    name: 'mail-lifetime',
    oid: ownAttribute(106),
    type: duration({ lowestMs: 1000, highestMs: 30 * DAY_MS }),
    default: ['2 d'],
    advanced: true,
    synopsis: 'How old a message may become before it is abandoned.',
    description:
      'Abandoned messages are kept in the folder mail/given-up of the instance, the latest 100 messages.',
  }),
] as const;

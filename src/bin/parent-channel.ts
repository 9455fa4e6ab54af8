// A program that has started this one with a channel of Node.js (`stdio: ['ipc']`) may ask over it what runs. No client
// can: there is no such channel unless the parent makes it, and a parent has all that its child has anyway.

import type { World } from '../cli/command.ts';
import { type DescribedPart, type Digest, digestWith } from '../runtime/description.ts';

/** Asks for a description; the answer has the same number, and digests of secrets are made with the key. */
interface Question {
  readonly describe: number;
  readonly key: string;
}

/** Answers `{ describe: 1, key: "…" }` with `{ described: 1, parts: [...] }`, or with a problem in place of the parts. */
export function answerParent(
  process: Pick<World, 'on' | 'send' | 'channel'>,
  describe: (digest: Digest) => Promise<readonly DescribedPart[]>,
): void {
  if (process.send === undefined) return;
  process.on('message', (message: unknown) => {
    if (!isQuestion(message)) return;
    const described = message.describe;
    const answer = (more: object) => process.send?.({ described, ...more });
    describe(digestWith(message.key)).then(
      (parts) => answer({ parts }),
      (error: unknown) => answer({ problem: String(error) }),
    );
  });
  // A parent that goes away, or forgets about the channel, does not keep a server from ending.
  process.channel?.unref();
}

function isQuestion(message: unknown): message is Question {
  return (
    typeof message === 'object' &&
    message !== null &&
    'describe' in message &&
    'key' in message &&
    typeof message.describe === 'number' &&
    typeof message.key === 'string'
  );
}

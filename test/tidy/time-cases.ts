// Cases for the rule about limits in time.

import { code, type RuleCase } from './rule-case.ts';

export const timeCases: readonly RuleCase[] = [
  {
    rule: 'a limit on the time of others',
    what: 'timers and signals that time out, but not those of sockets, of the room, or of a known pause',
    files: {
      'src/server/a.ts': code('const timer = setTimeout(close, limitMs);', 'socket.setTimeout(0);'),
      'src/mail/b.ts': code('const signal = AbortSignal.timeout(1000);'),
      'src/time/deadline.ts': code('setTimeout(run, ms);'),
      'src/cli/interrupt.ts': code('setTimeout(end, PATIENCE_MS);'),
      'test/c.test.ts': code('setTimeout(run, ms);'),
    },
    expected: [
      'src/server/a.ts:2 calls setTimeout(…); a limit on others is a Deadline of src/time/',
      'src/mail/b.ts:2 calls AbortSignal.timeout(…); a limit on others is a Deadline of src/time/',
    ],
  },
];

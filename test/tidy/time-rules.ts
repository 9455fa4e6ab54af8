// Limits on how long somebody else may take are deadlines of src/time/: a timer alone also ends where this process stood still.

import { finding, findLines, type Rule } from './finding.ts';
import type { Project } from './project.ts';

export const timeRules: readonly Rule[] = [
  { title: 'a limit on the time of others is a Deadline, and no timer', find: findTimers },
];

const TIMER = /(?<![.\w#])setTimeout\(|AbortSignal\.timeout\(/;

/** Their timers limit nobody else: they are pauses, or limits on what this program does itself when it ends. */
const PAUSES: ReadonlySet<string> = new Set([
  ...[
    'src/server/listening/listener.ts',
    'src/config/passwords/derivation-threads.ts',
    'src/mail/mail-queue.ts',
  ],
  ...['src/tasks/task-runner.ts', 'src/tasks/running-task.ts', 'src/tasks/shown-waiting.ts'],
  ...['src/mail/smtp/session-pool.ts', 'src/mail/mail-server.ts', 'src/configuration/reload/file-watch.ts'],
  ...['src/instance/last-known-good.ts', 'src/cli/finished-task.ts', 'src/cli/interrupt.ts'],
  ...['src/cli/status/status-watch.ts', 'src/cli/commands/check.ts', 'src/monitor/health-watch.ts'],
  ...['src/store/ldif-store.ts', 'src/client/settings-watch.ts', 'src/trust/store-reader.ts'],
  ...['src/bin/open-authentication.ts', 'src/bin/clock.ts'],
]);

function findTimers(project: Project): string[] {
  const found = project.source
    .filter(({ room, path }) => room !== 'time' && !PAUSES.has(path))
    .flatMap(({ path, text }) =>
      findLines(path, text, TIMER, 'calls %s…); a limit on others is a Deadline of src/time/'),
    );
  const unused = [...PAUSES].filter((path) => {
    const file = project.source.find((one) => one.path === path);
    return project.files.has('ARCHITECTURE.md') && (file === undefined || !TIMER.test(file.text));
  });
  return [...found, ...unused.map((path) => finding(path, 1, 'is an exception of a rule, and has no timer'))];
}

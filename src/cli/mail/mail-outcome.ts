// What came of a verification or a test message, for people and for programs.

import { CommandError, type World } from '../command.ts';
import { ExitCode } from '../exit-code.ts';
import type { FinishedTask } from '../finished-task.ts';
import { formatJson } from '../output-options.ts';
import type { NamedOutcome } from './mail-tasks.ts';

const UNKNOWN = 'unknown';

/** Prints what was found out, line by line; failures go to standard error. */
export function tellOutcome(
  { entry, isSuccessful, lines }: FinishedTask,
  { stdout, stderr }: World,
): ExitCode {
  const show = (title: string, attribute: string) => {
    for (const value of numbered(entry.values(attribute))) stdout.write(`${title.padEnd(12)} ${value}\n`);
  };
  show('step', 'ds-task-mail-step');
  show('protocol', 'ds-task-mail-tls-protocol');
  show('cipher', 'ds-task-mail-tls-cipher');
  show('certificate', 'ds-task-mail-certificate');
  show('capability', 'ds-task-mail-capability');
  for (const { severity, message } of lines) {
    // That it began and ended is known without a line.
    if (message.startsWith('The task ')) continue;
    (severity === 'INFORMATION' ? stdout : stderr).write(`${message}\n`);
  }
  return isSuccessful ? ExitCode.success : ExitCode.failed;
}

/** Prints the outcome of a task as JSON. Returns the exit code. */
export function tellJson(finished: FinishedTask, { stdout }: World): ExitCode {
  stdout.write(formatJson(described(finished)));
  return finished.isSuccessful ? ExitCode.success : ExitCode.failed;
}

export interface OutcomeList {
  readonly outcomes: readonly NamedOutcome[];
  readonly notEnabled: readonly string[];
}

/** Each under its name, and how many can be used. */
export function tellList({ outcomes, notEnabled }: OutcomeList, world: World, isJson: boolean): ExitCode {
  const { stdout, stderr } = world;
  const isUsable = ({ outcome }: NamedOutcome) => !(outcome instanceof CommandError) && outcome.isSuccessful;
  const usable = outcomes.filter(isUsable).length;
  const isSuccessful = usable === outcomes.length;
  if (isJson) {
    const mailServers = outcomes.map(({ name, outcome }) => ({ name, ...describedOrRefused(outcome) }));
    stdout.write(formatJson({ successful: isSuccessful, mailServers, notEnabled }));
    return isSuccessful ? ExitCode.success : ExitCode.failed;
  }
  for (const { name, outcome } of outcomes) {
    stdout.write(`${name}:\n`);
    if (outcome instanceof CommandError) stderr.write(`${outcome.message}\n`);
    else tellOutcome(outcome, world);
    stdout.write('\n');
  }
  for (const name of notEnabled) stdout.write(`${name} is not enabled and was not verified.\n`);
  stdout.write(`${usable} of ${outcomes.length} mail servers can be used.\n`);
  return isSuccessful ? ExitCode.success : ExitCode.failed;
}

function describedOrRefused(outcome: FinishedTask | CommandError): object {
  if (!(outcome instanceof CommandError)) return described(outcome);
  const messages = [{ severity: 'ERROR', message: outcome.message }];
  return { successful: false, steps: [], certificates: [], capabilities: [], messages };
}

function described({ entry, isSuccessful, lines }: FinishedTask): object {
  const values = (attribute: string) => numbered(entry.values(attribute));
  const outcome = entry.first('ds-task-mail-outcome');
  return {
    // Of what nobody knows neither is said.
    successful: outcome === UNKNOWN ? null : isSuccessful,
    ...(outcome === undefined ? {} : { outcome }),
    steps: values('ds-task-mail-step'),
    protocol: entry.first('ds-task-mail-tls-protocol'),
    cipher: entry.first('ds-task-mail-tls-cipher'),
    certificates: values('ds-task-mail-certificate'),
    capabilities: values('ds-task-mail-capability'),
    messages: lines,
  };
}

/** Values of an attribute have no order of their own: those that begin with a number are put into it. */
function numbered(values: readonly string[]): readonly string[] {
  return values.toSorted((one, other) => Number.parseInt(one, 10) - Number.parseInt(other, 10) || 0);
}

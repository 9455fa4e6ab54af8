// `confdit validate`: files checked as a server would check them, without any server: for a pipeline.

import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseEnv } from 'node:util';
import { type Command, CommandError, type Invocation, type World } from '../../cli/command.ts';
import { ExitCode } from '../../cli/exit-code.ts';
import { readFileArgument } from '../../cli/file-argument.ts';
import { type DesiredEntry, readFilesOfEntries } from '../../cli/files/desired-entries.ts';
import { findInputFiles } from '../../cli/files/input-files.ts';
import { locateIssue } from '../../cli/files/located-problem.ts';
import { type FileProblem, formatReport, REPORT_FORMATS } from '../../cli/files/problem-report.ts';
import { formatJson, JSON_OPTION } from '../../cli/output.ts';
import { readLdif } from '../../codec/ldif-reader.ts';
import { PropertyValidator } from '../../config/property-validator.ts';
import { parseDefinition } from '../../expression/definition.ts';
import { Sources } from '../../expression/sources.ts';
import { readText } from '../../files/text.ts';
import type { Entry } from '../../ldap/entry.ts';
import { formatIssue, type Issue } from '../../ldap/issue.ts';
import { checkEntry } from '../../schema/check-classes.ts';
import type { Schema } from '../../schema/schema.ts';
import { shippedSchema } from './shipped-schema.ts';

/** What every instance begins with: what files refer to may stand there. */
const SHIPPED_CONFIGURATION = new URL('../../../config/config.ldif', import.meta.url);

export const validateCommand: Command = {
  name: 'validate',
  group: 'Configuration as files',
  operands: 'FILE...',
  synopsis: 'Checks files of entries as a server would, without a server.',
  description:
    'Every problem is told with file and line, and the exit code is 2. Expressions are resolved with the environment\n' +
    'file if there is one, and otherwise with the environment; paths begin at the folder of the first file.',
  options: [
    { name: 'env-file', value: 'FILE', synopsis: 'lines NAME=value to resolve expressions with' },
    {
      name: 'define',
      value: 'TOKEN=VALUE',
      repeatable: true,
      synopsis: 'a value for the expression $<TOKEN>',
    },
    JSON_OPTION,
    { name: 'format', value: 'FORMAT', synopsis: `${REPORT_FORMATS.join(', ')} (default: text)` },
  ],
  run: validate,
};

async function validate(invocation: Invocation, world: World): Promise<ExitCode> {
  const [first] = invocation.operands;
  if (first === undefined) throw new CommandError('Which files shall be checked?', ExitCode.parameterError);
  const format = REPORT_FORMATS.find((one) => one === (invocation.value('format') ?? 'text'));
  if (format === undefined) {
    throw new CommandError(`--format is one of ${REPORT_FORMATS.join(', ')}.`, ExitCode.parameterError);
  }
  const schema = await shippedSchema();
  const { entries: desired, problems: wrong } = await readFilesOfEntries(
    await findInputFiles(invocation.operands),
    schema,
    world.stdin,
  );
  const sources = await Sources.open({
    environment: await environmentOf(invocation, world),
    definitions: invocation.values('define').map(parseDefinition),
    instanceFolder: dirname(resolve(first)),
  });
  const validator = new PropertyValidator({ schema, sources });
  const entries = await overShipped(desired, schema);
  const issues = [
    ...desired.flatMap(({ entry }) =>
      checkEntry(schema, entry, (key, value) => isSecret(validator, key, value)),
    ),
    ...validator.validateAll(entries),
  ];
  const problems = [...wrong, ...locate(issues, desired, schema)];
  if (invocation.has('json')) {
    world.stdout.write(formatJson({ entries: desired.length, problems }));
    return problems.length > 0 ? ExitCode.wrongData : ExitCode.success;
  }
  world.stdout.write(formatReport(problems, format));
  if (problems.length > 0) return ExitCode.wrongData;
  if (format === 'text') world.stdout.write(`${desired.length} entries, no problems.\n`);
  return ExitCode.success;
}

async function environmentOf(
  invocation: Invocation,
  { env }: World,
): Promise<Record<string, string | undefined>> {
  const file = invocation.value('env-file');
  if (file === undefined) return env;
  return { ...parseEnv(await readFileArgument(file)) };
}

/** The configuration of a new instance with the entries of the files in it. */
async function overShipped(desired: readonly DesiredEntry[], schema: Schema): Promise<readonly Entry[]> {
  const byKey = new Map<string, Entry>();
  for (const record of readLdif(await readText(fileURLToPath(SHIPPED_CONFIGURATION)))) {
    if (record.type === 'content') byKey.set(schema.dnKey(record.entry.dn), record.entry);
  }
  for (const { entry } of desired) byKey.set(schema.dnKey(entry.dn), entry);
  return [...byKey.values()];
}

function isSecret({ definitions }: PropertyValidator, key: string, value: string): boolean {
  return definitions.secretAttributes.has(key) || definitions.show(key, value) !== value;
}

/** Each sentence once. What is wrong with the shipped entries is wrong because of the files. */
function locate(
  issues: readonly Issue[],
  desired: readonly DesiredEntry[],
  schema: Schema,
): readonly FileProblem[] {
  const [first] = desired;
  const problems = new Map<string, FileProblem>();
  for (const issue of issues) {
    const problem = locateIssue(issue, desired, schema) ?? {
      ...{ file: first?.file ?? '', line: first?.line ?? 1, column: undefined },
      ...{ text: formatIssue(issue), rule: issue.code },
    };
    problems.set(`${problem.file}\n${problem.text}`, problem);
  }
  return [...problems.values()];
}

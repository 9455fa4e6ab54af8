// `confdit cluster check`: compares what an instance has with its cluster in etcd, and says what to do if they do not fit together.
// Reads only, whether the server of the instance runs or not.

import { resolve } from 'node:path';
import { codeOfLast, OtherPast, type Remedy } from '../../cluster/own-past.ts';
import { idOfCommit, lastNumberIn } from '../../instance/cluster/last-commit.ts';
import { readMembership } from '../../instance/cluster/membership.ts';
import { environmentWith } from '../../instance/environment-file.ts';
import type { InstanceChoice } from '../../instance/instance-choice.ts';
import { readValues } from '../../instance/keys/stored-secrets.ts';
import { configFolderOf, schemaOf } from '../../instance/offline-instance.ts';
import { usingLog } from '../cluster/cluster-access.ts';
import { CommandError, type Invocation, type World } from '../command.ts';
import { ExitCode } from '../exit-code.ts';

/** Resolves to what is to be printed if both fit together; rejects with CommandError otherwise. */
export async function checkCluster(choice: InstanceChoice, _: Invocation, world: World): Promise<string> {
  const configFolder = await configFolderOf(choice);
  const folder = resolve(choice.instance);
  const membership = await readMembership(configFolder);
  if (membership === undefined)
    throw new CommandError(`${folder} belongs to no cluster.`, ExitCode.noSuchObject);
  const environment = await environmentWith(choice.environmentFile, world.env);
  const values = await readValues({ folder, environment, schema: await schemaOf(choice) });
  const number = await lastNumberIn(configFolder, values);
  const { historyId } = membership;
  const past = { historyId, number, lastId: () => idOfCommit(configFolder, values, number) };
  return usingLog(environment, async (log) => {
    try {
      await codeOfLast(log, past);
    } catch (error) {
      if (!(error instanceof OtherPast)) throw error;
      throw new CommandError(`${error.what}\n\n${ADVICE[error.remedy](folder)}`, ExitCode.failed);
    }
    const end = (await log.head())?.number ?? number;
    const missing = end - number;
    const rest = missing > 0 ? ` Its server reads ${missing} more when it runs.` : '';
    return `${folder} has change ${number} as its cluster in etcd has it, which ends with change ${end}.${rest}\n`;
  });
}

const ADVICE: Readonly<Record<Remedy, (folder: string) => string>> = {
  'begin again': (folder) =>
    [
      'If a variable is wrong, correct it, and start the server again. Otherwise ask every server with this command. Take the one with',
      'the highest change, stop all servers, and begin again with it, under another prefix:',
      '',
      `  confdit cluster leave --instance ${folder}`,
      `  CONFDIT_ETCD_PREFIX=/confdit/again confdit cluster init --instance ${folder}`,
      '',
      'Start it with that prefix. Then move the instances of the others aside and make them again with confdit cluster join.',
    ].join('\n'),
  join: (folder) =>
    [
      `If the other servers have what etcd has, stop this server, move ${folder} aside, and make it again:`,
      '',
      `  confdit cluster join --instance ${folder} --master-key FILE`,
    ].join('\n'),
};

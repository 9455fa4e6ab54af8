// A kind of task: a backup, in the folder `backups` of the instance. Nowhere else, so that who may add tasks cannot write
// files where he likes; an administrator of the machine can put another disk there.

import { mkdir } from 'node:fs/promises';
import { join, posix } from 'node:path';
import { FOLDER_MODE } from '../files/file-system.ts';
import type { Entry } from '../ldap/entry.ts';
import type { Issue } from '../ldap/issue.ts';
import type { EncryptedValues } from '../store/encryption/stored-values.ts';
import type { TaskKind } from '../tasks/task-kind.ts';
import { BACKUPS_FOLDER, makeBackup, writeBackup } from './backup.ts';
import { clearSecretsNote } from './backup-manifest.ts';
import { protectWith } from './keys/backup-secrets.ts';
import { unpackBackup } from './unpack-backup.ts';

const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/;

/** Attributes that OpenDJ leaves to the requester, with the only value that is possible here. */
const ALWAYS: Readonly<Record<string, string>> = {
  'ds-task-backup-all': 'TRUE',
  'ds-task-backup-compress': 'TRUE',
  'ds-task-backup-hash': 'TRUE',
  'ds-task-backup-incremental': 'FALSE',
  'ds-task-backup-encrypt': 'FALSE',
};

/** Declares the task that backs up an instance, whose secrets these values encrypt. */
export function backupTask(instanceFolder: string, now: () => Date, values: EncryptedValues): TaskKind {
  return {
    objectClass: 'ds-task-backup',
    classNames: ['confdit.BackupTask', 'org.opends.server.tasks.BackupTask'],
    privileges: [],
    isOneAtATime: true,
    isOfServer: true,
    check: (entry) => [...pathIssues(entry), ...alwaysIssues(entry)],
    run: async (task) => {
      const { entry } = task;
      const at = now();
      const { octets, manifest } = await makeBackup(instanceFolder, at, { protect: protectWith(values) });
      await unpackBackup([octets]);
      const folder = folderOf(entry);
      const file = posix.join(folder, `${entry.first('ds-backup-id') ?? nameAt(at)}.tar.gz`);
      await mkdir(join(instanceFolder, folder), { recursive: true, mode: FOLDER_MODE });
      await writeBackup(join(instanceFolder, file), octets);
      task.show({ 'ds-task-backup-file': [file] });
      task.log('INFORMATION', `${file}: ${manifest.files.size} files, through change ${manifest.number}.`);
      const note = clearSecretsNote(manifest);
      if (note !== undefined) task.log('WARNING', note);
      return 'successfully';
    },
  };
}

function folderOf(entry: Entry): string {
  return posix.normalize(entry.first('ds-backup-directory-path') ?? BACKUPS_FOLDER);
}

/** `20261122T114205Z`. */
function nameAt(at: Date): string {
  return at.toISOString().replace(/[-:]|\.\d+/g, '');
}

function pathIssues(entry: Entry): readonly Issue[] {
  const issues: Issue[] = [];
  const dn = entry.dn.toString();
  const refuse = (property: string, problem: string, advice: string) => {
    const received = entry.first(property) ?? '';
    issues.push({ code: 'constraintViolation', dn, property, received, problem, advice });
  };
  const [top, ...below] = folderOf(entry).split('/');
  if (top !== BACKUPS_FOLDER || below.some((name) => name !== '' && !NAME.test(name)))
    refuse(
      'ds-backup-directory-path',
      `is not the folder ${BACKUPS_FOLDER} of the instance, or below it`,
      `Leave it out, or write ${BACKUPS_FOLDER}/<name>.`,
    );
  const id = entry.first('ds-backup-id');
  if (id !== undefined && !NAME.test(id))
    refuse('ds-backup-id', 'is no name for a file', 'Take letters, digits, dots, hyphens and underscores.');
  return issues;
}

function alwaysIssues(entry: Entry): readonly Issue[] {
  return Object.entries(ALWAYS).flatMap(([property, always]): readonly Issue[] => {
    const received = entry.first(property);
    if (received === undefined || received.toUpperCase() === always) return [];
    const dn = entry.dn.toString();
    const problem = 'is not possible here';
    return [{ code: 'unwillingToPerform', dn, property, received, problem, advice: 'Leave it out.' }];
  });
}

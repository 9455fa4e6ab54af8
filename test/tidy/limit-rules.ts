// Limits that depend on each other. They stand in different rooms, so this is the one place that relates them.

import { finding, type Rule } from './finding.ts';
import type { Project } from './project.ts';

export const limitRules: readonly Rule[] = [
  { title: 'limits that depend on each other fit together', find: findLimitsThatDoNotFit },
];

type Comparison = '<' | '<=' | '=';

interface Relation {
  /** File in src/, and the name of the constant or of the field in it. */
  readonly left: string;
  readonly comparison: Comparison;
  readonly right: string;
  readonly why: string;
}

function relation(left: string, comparison: Comparison, right: string, why: string): Relation {
  return { left, comparison, right, why };
}

const RELATIONS: readonly Relation[] = [
  ...mailRelations(),
  ...changeRelations(),
  ...timeRelations(),
  ...passwordRelations(),
  ...fileRelations(),
];

function mailRelations(): readonly Relation[] {
  const [alert, notice, queue] = [
    'config/objects/smtp-alert-handler',
    'mail/account-notice',
    'mail/mail-queue',
  ];
  const notification = 'config/objects/passwords/account-status-notification-handler';
  const subject = `${alert} SUBJECT_CHARACTERS_MAX`;
  const longest = 'a subject that a property takes is sent whole';
  const many = 'a message goes to as many recipients as a handler may have';
  return [
    relation(`${alert} RECIPIENTS_MAX`, '<=', `${queue} RECIPIENTS_MAX`, many),
    relation(`${notice} RECIPIENTS_MAX`, '<=', `${queue} RECIPIENTS_MAX`, many),
    relation(`${notification} RECIPIENTS_MAX`, '<', `${notice} RECIPIENTS_MAX`, 'the account is told too'),
    relation(subject, '<=', 'mail/alert-message SUBJECT_CHARACTERS_MAX', longest),
    relation(
      'config/types/notification-text CHARACTERS_MAX',
      '<=',
      `${notice} SUBJECT_CHARACTERS_MAX`,
      longest,
    ),
  ];
}

function changeRelations(): readonly Relation[] {
  const transaction = 'operations/transactions CHANGES_MAX';
  return [
    relation(
      'operations/requests/history ROLLBACK_CHANGES_MAX',
      '<=',
      transaction,
      'what a rollback does, one transaction can do',
    ),
    relation(
      'configuration/write/tree-writer SUBTREE_ENTRIES_MAX',
      '<=',
      transaction,
      'one transaction can take back what a subtree delete did',
    ),
    relation(
      transaction,
      '<=',
      'configuration/write/write-path WAITING_MAX',
      'as many single changes may wait as one transaction may have',
    ),
    relation(
      'configuration/write/write-path BATCH_MAX',
      '<',
      'cli/connection/change-stream OUTSTANDING_MAX',
      'a client that sends many changes fills each batch',
    ),
    relation(
      'operations/requests/content-sync MISSED_EVENTS_MAX',
      '<=',
      'backend/change-feed REMEMBERED_MAX',
      'more commits than these are not remembered',
    ),
    relation('config/types/dn-pattern RDNS_MAX', '=', 'ldap/dn RDNS_MAX', 'a pattern can be as deep as a DN'),
    relation(
      'operations/access-log MECHANISM_CHARACTERS_MAX',
      '=',
      'operations/requests/bind MECHANISM_CHARACTERS_MAX',
      'the log shows the name of each mechanism that a bind takes',
    ),
    relation(
      'operations/limits messageOctetsBeforeBindMax',
      '<=',
      'operations/limits messageOctetsMax',
      'a login allows more, not less',
    ),
    relation(
      'operations/limits pendingWriteOctetsBeforeBindMax',
      '<=',
      'operations/limits pendingWriteOctetsMax',
      'a login allows more, not less',
    ),
    relation(
      'operations/limits messageOctetsMax',
      '<',
      'operations/transactions OCTETS_MAX',
      'a transaction takes the largest request',
    ),
    relation(
      'operations/requests/sorted-entries SORTED_ENTRIES_MAX',
      '<=',
      'operations/limits entriesMax',
      'what can be sorted can be answered',
    ),
  ];
}

function timeRelations(): readonly Relation[] {
  const prepare = 'runtime/runtime PREPARE_MS_MAX';
  const inTime = 'the change is refused with the reason, not with the limit of all its steps';
  const patient = 'the client still waits when the server answers that it took too long';
  const request = 'cli/connection/connection-options DEFAULT_REQUEST_TIMEOUT_MS';
  return [
    relation('trust/store-reader OPEN_MS_MAX', '<', prepare, inTime),
    relation('files/file-reader DEADLINE_MS', '<', prepare, inTime),
    relation(prepare, '<', request, patient),
    relation('operations/limits searchMs', '<', request, patient),
    relation('mail/connection-plan PATIENCE_MS', '<', request, patient),
    relation(
      'mail/connection-plan PATIENCE_MS',
      '<=',
      'mail/connection-plan SOCKET_TIMEOUT_MS',
      'a person waits less than a program',
    ),
    relation(
      'operations/login/login-throttle DELAY_MAX_MS',
      '<',
      'operations/login/login-throttle WAIT_MAX_MS',
      'a login with the longest delay is not refused',
    ),
    relation(
      'operations/login/login-throttle WAIT_MAX_MS',
      '<',
      'operations/limits timeBeforeBindMs',
      'a delayed login is answered before its connection is closed',
    ),
    relation(
      'tasks/running-task STOP_PATIENCE_MS',
      '<',
      'tasks/task-runner STOP_TIME_MS',
      'a task that does not stop is noticed before the server ends',
    ),
  ];
}

function passwordRelations(): readonly Relation[] {
  const [scrypt, scram] = ['config/passwords/scrypt-scheme', 'config/passwords/scram-scheme'];
  const stored = 'config/passwords/stored-password STORED_CHARACTERS_MAX';
  const rounds = 'trust/derivation-limit ROUNDS_MAX';
  const same = 'one limit on the work that a stored value asks for';
  return [
    relation(`${scrypt} STORED_CHARACTERS_MAX`, '<=', stored, 'what a scheme writes is taken'),
    relation(`${scram} STORED_CHARACTERS_MAX`, '<=', stored, 'what a scheme writes is taken'),
    relation(`${scram} ITERATIONS_MAX`, '=', rounds, same),
    relation('config/passwords/pbkdf2-schemes ITERATIONS_MAX', '=', rounds, same),
    relation(
      'config/objects/passwords/length-based-password-validator LENGTH_MAX',
      '<=',
      `${scrypt} PASSWORD_CHARACTERS_MAX`,
      'no validator demands a password that no scheme takes',
    ),
    relation(
      'config/objects/passwords/password-policy HISTORY_MAX',
      '=',
      'configuration/rights/password-state HISTORY_MAX',
      'as many are remembered as the property may say',
    ),
    relation(
      'configuration/rights/stored-passwords PASSWORDS_MAX',
      '<=',
      'configuration/rights/stored-passwords PASSWORDS_TOGETHER_MAX',
      'a transaction can set all passwords of one account',
    ),
    relation(
      'operations/sasl/plain CHARACTERS_MAX',
      '=',
      'operations/sasl/scram-message CHARACTERS_MAX',
      'an account can log in with each mechanism',
    ),
    relation(
      'store/encryption/data-keys KEY_OCTETS',
      '=',
      'instance/keys/instance-keys KEY_OCTETS',
      'AES-256',
    ),
    relation(
      'store/encryption/data-keys NONCE_OCTETS',
      '=',
      'store/encryption/value-cipher NONCE_OCTETS',
      'GCM',
    ),
    relation('store/encryption/data-keys TAG_OCTETS', '=', 'store/encryption/value-cipher TAG_OCTETS', 'GCM'),
  ];
}

function fileRelations(): readonly Relation[] {
  const whole = 'what one can read, the other can';
  return [
    relation('bin/naming-contexts LDIF_OCTETS_MAX', '<=', 'files/text TEXT_OCTETS_MAX', whole),
    relation(
      'cli/offline/ldif-file VALUE_OCTETS_MAX',
      '<',
      'codec/ldif-reader RECORD_CHARACTERS_MAX',
      'a record has room for the largest value, also in base64',
    ),
    relation(
      'cli/connection/key-stores TRUST_STORE_OCTETS_MAX',
      '=',
      'trust/store-reader FILE_OCTETS_MAX',
      whole,
    ),
    relation('expression/limits FILE_OCTETS_MAX', '<=', 'expression/limits REMEMBERED_OCTETS_MAX', whole),
    relation(
      'expression/limits FILE_OCTETS_MAX',
      '<=',
      'expression/limits LENGTH_MAX',
      'a value may be a file',
    ),
    relation(
      'instance/backup FILE_OCTETS_MAX',
      '<=',
      'instance/unpack-backup UNPACKED_OCTETS_MAX',
      'what a backup holds, a restore takes',
    ),
  ];
}

function findLimitsThatDoNotFit(project: Project): string[] {
  // A small project for trying a rule has not all of the limits.
  const isWhole = project.files.has('ARCHITECTURE.md');
  return RELATIONS.flatMap(({ left, comparison, right, why }): string[] => {
    const [leftPath, rightPath] = [pathOf(left), pathOf(right)];
    const [leftValue, rightValue] = [numberOf(project, left), numberOf(project, right)];
    if (leftValue === undefined || rightValue === undefined) {
      const missing = leftValue === undefined ? left : right;
      return isWhole
        ? [finding(pathOf(missing), 1, `has no number ${nameOf(missing)}, which a rule compares`)]
        : [];
    }
    if (fits(leftValue, comparison, rightValue)) return [];
    const shown = `${nameOf(left)} ${leftValue} is not ${comparison} ${nameOf(right)} ${rightValue} of ${rightPath}`;
    return [finding(leftPath, 1, `${shown}: ${why}`)];
  });
}

function fits(left: number, comparison: Comparison, right: number): boolean {
  if (comparison === '=') return left === right;
  return comparison === '<' ? left < right : left <= right;
}

function pathOf(limit: string): string {
  return `src/${limit.split(' ')[0]}.ts`;
}

function nameOf(limit: string): string {
  return limit.split(' ')[1] ?? '';
}

/** Returns the value of a constant that is a product or a power of numbers, or another constant of another file. */
function numberOf(project: Project, limit: string): number | undefined {
  const file = project.source.find(({ path }) => path === pathOf(limit));
  const name = nameOf(limit);
  const written = new RegExp(`(?:\\bconst ${name}(?:: \\w+)? =|^ +${name}:) ([\\d_* ]+)[;,]$`, 'm').exec(
    file?.text ?? '',
  );
  if (written?.[1] !== undefined) return productOf(written[1]);
  const imported = file?.imports.find(({ names }) => names.includes(name))?.path;
  if (imported === undefined) return undefined;
  return numberOf(project, `${imported.replace(/^src\/|\.ts$/g, '')} ${name}`);
}

function productOf(expression: string): number {
  return expression
    .replaceAll('_', '')
    .split(/ \* /)
    .map((factor) => factor.split(' ** ').map(Number))
    .reduce((product, [base = Number.NaN, power = 1]) => product * base ** power, 1);
}

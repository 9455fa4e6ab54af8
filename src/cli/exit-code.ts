// The exit codes of the program: one table for all commands. They are dsconfig's, where it has one; those from 16 to 80
// are LDAP result codes. The manual page is made from the table, and no command returns a number that is not in it.

export const ExitCode = {
  success: 0,
  failed: 1,
  wrongData: 2,
  /** Changes to make, with --detailed-exitcode, where every error is `failed`. */
  changes: 2,
  cancelled: 6,
  conflictingArguments: 18,
  constraintViolation: 19,
  noSuchObject: 32,
  invalidCredentials: 49,
  insufficientAccess: 50,
  alreadyExists: 68,
  other: 80,
  serverDown: 81,
  localError: 82,
  parameterError: 89,
  connectError: 91,
  noReader: 141,
} as const;

export type ExitCode = (typeof ExitCode)[keyof typeof ExitCode];

/** Meanings of the codes, in the words of the manual page. */
const MEANINGS: Readonly<Record<keyof typeof ExitCode, string>> = {
  success: 'The command has done what it was asked for. A check found no problem.',
  failed:
    'A check found problems (plan, validate, check, repair, fmt --check), a mail server or a message failed, a server could not start, or plan --detailed-exitcode ended with any error.',
  wrongData:
    'A file or its content cannot be used: it cannot be read, it is not LDIF, it is not an instance. Also an import that left something out.',
  changes: 'plan --detailed-exitcode: there are changes to make.',
  cancelled: 'The person, or nobody, answered a question; nothing was changed.',
  conflictingArguments: 'Two options exclude each other.',
  constraintViolation:
    'The change was refused because a value or the configuration would not be valid (LDAP result codes 19, 53 and 122).',
  noSuchObject: 'There is no such object or entry (LDAP result code 32).',
  invalidCredentials: 'The name or the password is wrong (LDAP result code 49).',
  insufficientAccess: 'The account may not do this (LDAP result code 50).',
  alreadyExists: 'There is such an object already (LDAP result code 68).',
  other: 'The server refused the request with any other LDAP result code; the message says why.',
  serverDown: 'The server did not answer, or the connection was lost.',
  localError: 'The output, or another local file, cannot be written.',
  parameterError: 'The command line is wrong: an unknown command, option or property, or a value is missing.',
  connectError: 'The server cannot be reached, or its certificate is not trusted.',
  noReader: 'Nobody reads the output any more, as in a pipe that head has closed (128 and SIGPIPE).',
};

/** dsconfig takes both for a constraint: unwillingToPerform, assertionFailed. */
const CONSTRAINTS: ReadonlySet<number> = new Set([53, 122]);
const CODES: ReadonlySet<number> = new Set(Object.values(ExitCode));

/** Returns what a command exits with when an LDAP operation had this result. */
export function exitCodeOfResult(code: number): ExitCode {
  if (CONSTRAINTS.has(code)) return ExitCode.constraintViolation;
  return CODES.has(code) ? (code as ExitCode) : ExitCode.other;
}

/** Returns the codes in their order, each with what it means. */
export function describeExitCodes(): readonly (readonly [code: ExitCode, meaning: string])[] {
  const byCode = new Map<ExitCode, string>();
  for (const [name, code] of Object.entries(ExitCode)) {
    const meaning = MEANINGS[name as keyof typeof ExitCode];
    const before = byCode.get(code);
    byCode.set(code, before === undefined ? meaning : `${before} ${meaning}`);
  }
  return [...byCode].sort(([one], [other]) => one - other);
}

/** Returns the code of an error: as Terraform has it, every error of plan --detailed-exitcode is 1, since 2 means changes. */
export function exitCodeOfError(code: ExitCode, words: readonly string[]): ExitCode {
  const end = words.indexOf('--');
  const options = end === -1 ? words : words.slice(0, end);
  const isDetailed = options.some((word) => word.toLowerCase() === '--detailed-exitcode');
  return words[0] === 'plan' && isDetailed ? ExitCode.failed : code;
}

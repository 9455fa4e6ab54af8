// The exit codes of the program, as dsconfig has them; those up to 80 are LDAP result codes.

export const ExitCode = {
  success: 0,
  failed: 1,
  wrongData: 2,
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
} as const;

export type ExitCode = (typeof ExitCode)[keyof typeof ExitCode];

/** dsconfig takes both for a constraint: unwillingToPerform, assertionFailed. */
const CONSTRAINTS: ReadonlySet<number> = new Set([53, 122]);
const CODES: ReadonlySet<number> = new Set(Object.values(ExitCode));

/** What a command exits with when an LDAP operation had this result. */
export function exitCodeOfResult(code: number): ExitCode {
  if (CONSTRAINTS.has(code)) return ExitCode.constraintViolation;
  return CODES.has(code) ? (code as ExitCode) : ExitCode.other;
}

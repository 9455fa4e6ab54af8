// Errors of the program itself. Errors about files, entries, trust, mail and commands have classes of their own; a plain Error
// is thrown nowhere.

/** Reports that an invariant of the program is broken: a bug, which no administrator can correct. */
export class BrokenInvariant extends Error {
  override readonly name = 'BrokenInvariant';
}

/** Says why something cannot be done, in words that are read after a colon. Who catches it adds what could not be done. */
export class Reason extends Error {
  override readonly name = 'Reason';
}

/** Says that work was ended before it was done: somebody stopped it. */
export class Stopped extends Error {
  override readonly name = 'Stopped';
}

/** An error with a code, as those of the operating system and of OpenSSL have it. */
export class CodedError extends Error {
  override readonly name = 'CodedError';
  readonly code: string;

  constructor(code: string, message = code) {
    super(message);
    this.code = code;
  }
}

/** Something that was thrown and is no error, as text. */
export class ThrownValue extends Error {
  override readonly name = 'ThrownValue';

  constructor(thrown: unknown) {
    super(String(thrown));
  }
}

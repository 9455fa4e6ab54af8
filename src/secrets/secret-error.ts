// Why a secret source gave no value: a predicate of the source, without anything that it has sent.

/** Reports that a secret cannot be had. The message is a predicate of the source: `answered 403 (Forbidden)`. */
export class SecretError extends Error {
  /** True if the source could not be asked at all, so that asking it for something else is in vain too. */
  readonly isAway: boolean;
  /** True if the source is away, or has an error of its own: the same request may succeed later. */
  readonly isPassing: boolean;

  constructor(
    message: string,
    options: { readonly isAway?: boolean; readonly isPassing?: boolean; readonly cause?: unknown } = {},
  ) {
    super(message, { cause: options.cause });
    this.name = 'SecretError';
    this.isAway = options.isAway === true;
    this.isPassing = options.isPassing ?? this.isAway;
  }
}

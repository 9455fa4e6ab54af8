// Syntaxes of opaque octets (RFC 4517 §3.3, RFC 4523, RFC 3112).

import type { Syntax } from '../syntax.ts';

const PREFIX = '1.3.6.1.4.1.1466.115.121.1';

/** OIDs of the certificate syntaxes, whose values are transferred with `;binary` (RFC 4522, RFC 4523 §2). */
const BINARY_TRANSFER: ReadonlySet<string> = new Set(['8', '9', '10', '49'].map((arc) => `${PREFIX}.${arc}`));
/**
 * Syntax Binary. Some clients use `;binary` with it (RFC 2798 §2.8); the octets are the same with and without.
 */
const BINARY_SYNTAX = `${PREFIX}.5`;

/** OIDs of the syntaxes whose values are no text. Octet String is not among them: text is kept in it too. */
const NOT_READABLE: ReadonlySet<string> = new Set([
  ...BINARY_TRANSFER,
  BINARY_SYNTAX,
  ...['4', '23', '28'].map((arc) => `${PREFIX}.${arc}`),
]);

/** Returns true if tools must not show values of the syntax as text. */
export function isNotReadable({ oid }: Syntax): boolean {
  return NOT_READABLE.has(oid);
}

/** Returns true if values of the syntax are always transferred with `;binary` (RFC 4523 §2). */
export function isTransferredInBinary({ oid }: Syntax): boolean {
  return BINARY_TRANSFER.has(oid);
}

/** Returns true if clients may write `;binary` with an attribute of the syntax. */
export function takesBinaryOption(syntax: Syntax): boolean {
  return syntax.oid === BINARY_SYNTAX || isTransferredInBinary(syntax);
}

export const octetSyntaxes: readonly Syntax[] = [
  anything(`${PREFIX}.40`, 'Octet String'),
  anything(`${PREFIX}.5`, 'Binary'),
  filled(`${PREFIX}.4`, 'Audio'),
  filled(`${PREFIX}.8`, 'Certificate'),
  filled(`${PREFIX}.9`, 'Certificate List'),
  filled(`${PREFIX}.10`, 'Certificate Pair'),
  filled(`${PREFIX}.23`, 'Fax'),
  filled(`${PREFIX}.28`, 'JPEG'),
  filled(`${PREFIX}.49`, 'Supported Algorithm'),
  filled('1.3.6.1.1.15.1', 'Certificate Exact Assertion'),
  filled('1.3.6.1.4.1.4203.1.1.2', 'Authentication Password'),
];

function anything(oid: string, description: string): Syntax {
  return { oid, description, check: () => undefined };
}

function filled(oid: string, description: string): Syntax {
  return { oid, description, check: (value) => (value === '' ? 'must not be empty' : undefined) };
}

// The client's side of SCRAM-SHA-256 (RFC 5802 §3), written from the RFC: it knows nothing of the server's code.

import { createHash, createHmac, pbkdf2Sync } from 'node:crypto';

export interface ScramProof {
  /** What the client sends last. */
  readonly message: string;
  /** What a server that knows the password answers. */
  readonly serverFinal: string;
}

export class ScramClient {
  readonly #header: string;
  readonly #bare: string;

  constructor(name: string, nonce = 'rOprNGfwEbeRWgbNEkqO', header = 'n,,') {
    this.#header = header;
    this.#bare = `n=${name},r=${nonce}`;
  }

  get first(): string {
    return `${this.#header}${this.#bare}`;
  }

  /** Answers the challenge; `change` may spoil what is sent, after it was signed or (`nonce`, `header`) before. */
  final(challenge: string, password: string, change: { nonce?: string; header?: string } = {}): ScramProof {
    const [, nonce = '', salt = '', iterations = ''] = /^r=([^,]+),s=([^,]+),i=(\d+)$/.exec(challenge) ?? [];
    const salted = pbkdf2Sync(password, Buffer.from(salt, 'base64'), Number(iterations), 32, 'sha256');
    const clientKey = hmac(salted, 'Client Key');
    const storedKey = createHash('sha256').update(clientKey).digest();
    const binding = Buffer.from(change.header ?? this.#header).toString('base64');
    const withoutProof = `c=${binding},r=${change.nonce ?? nonce}`;
    const signed = `${this.#bare},${challenge},${withoutProof}`;
    const signature = hmac(storedKey, signed);
    const proof = Buffer.from(clientKey.map((octet, index) => octet ^ (signature[index] ?? 0)));
    return {
      message: `${withoutProof},p=${proof.toString('base64')}`,
      serverFinal: `v=${hmac(hmac(salted, 'Server Key'), signed).toString('base64')}`,
    };
  }
}

function hmac(key: Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}

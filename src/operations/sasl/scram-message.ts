// The messages of SCRAM as text (RFC 5802 §7). What they prove is not checked here.

import { isUtf8 } from '../../ldap/octets.ts';
import { malformed } from './mechanism.ts';

export interface ClientFirst {
  /** `n,,`: what comes before the rest; the client repeats it in its last message. */
  readonly header: string;
  /** The message without the header: a part of what is signed. */
  readonly bare: string;
  readonly authorizationIdentity: string | undefined;
  readonly name: string;
  readonly nonce: string;
}

export interface ClientFinal {
  /** The message without the proof: a part of what is signed. */
  readonly withoutProof: string;
  /** The header of the first message, in base64. */
  readonly channelBinding: string;
  readonly nonce: string;
  readonly proof: Buffer;
}

const CHARACTERS_MAX = 4096;
const NONCE_CHARACTERS_MAX = 256;
const HEADER = /^([ny]|p=[A-Za-z0-9.-]{1,64}),(?:a=([^,\0]*))?,/;
const BARE = /^n=([^,\0]+),r=([\x21-\x2b\x2d-\x7e]+)(?:,[A-Za-z]=[^,\0]+)*$/;
const BASE64 = '(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?';
const FINAL = new RegExp(
  `^(c=(${BASE64}),r=([\\x21-\\x2b\\x2d-\\x7e]+)(?:,[A-Za-z]=[^,\\0]+)*),p=(${BASE64})$`,
);

/** Throws protocolError (2). */
export function parseClientFirst(mechanism: string, message: string): ClientFirst {
  requireText(mechanism, message);
  const [header, flag, identity] = HEADER.exec(message) ?? [];
  if (header === undefined || flag === undefined)
    throw malformed(mechanism, 'it does not begin with n,, or y,,');
  if (flag.startsWith('p')) {
    throw malformed(mechanism, 'it asks for channel binding, which only mechanisms with -PLUS have');
  }
  const bare = message.slice(header.length);
  if (bare.startsWith('m='))
    throw malformed(mechanism, 'it has a mandatory extension, and there are none here');
  const [, name, nonce] = BARE.exec(bare) ?? [];
  if (name === undefined || nonce === undefined) {
    throw malformed(mechanism, 'after the header it must have n=, a name, r= and a nonce');
  }
  if (nonce.length > NONCE_CHARACTERS_MAX) throw malformed(mechanism, 'the nonce is too long');
  const authorizationIdentity = identity === undefined ? undefined : unescapeName(mechanism, identity);
  return { header, bare, authorizationIdentity, name: unescapeName(mechanism, name), nonce };
}

/** Throws protocolError (2). */
export function parseClientFinal(mechanism: string, message: string): ClientFinal {
  requireText(mechanism, message);
  const [, withoutProof, channelBinding, nonce, proof] = FINAL.exec(message) ?? [];
  if (
    withoutProof === undefined ||
    channelBinding === undefined ||
    nonce === undefined ||
    proof === undefined
  ) {
    throw malformed(mechanism, 'it must have c=, r= and, last, p=');
  }
  return { withoutProof, channelBinding, nonce, proof: Buffer.from(proof, 'base64') };
}

function requireText(mechanism: string, message: string): void {
  if (message.length > CHARACTERS_MAX)
    throw malformed(mechanism, `it has more than ${CHARACTERS_MAX} characters`);
  if (!isUtf8(message)) throw malformed(mechanism, 'it is not UTF-8');
}

/** In names a comma is =2C and an equals sign =3D, and nothing else begins with an equals sign. */
function unescapeName(mechanism: string, text: string): string {
  if (/=(?!2C|3D)/.test(text))
    throw malformed(mechanism, 'a name has an equals sign that is not written =3D');
  return text.replaceAll('=2C', ',').replaceAll('=3D', '=');
}

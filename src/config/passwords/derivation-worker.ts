// The thread that computes derivations one after the other and answers in order.

import { parentPort } from 'node:worker_threads';
import { messageOf } from '../../files/file-error.ts';
import { type Derivation, deriveHere } from './derivation.ts';

export type DerivationAnswer = { readonly derived: Uint8Array } | { readonly problem: string };

parentPort?.on('message', (derivation: Derivation) => parentPort?.postMessage(answerTo(derivation)));

function answerTo(derivation: Derivation): DerivationAnswer {
  try {
    return { derived: deriveHere(derivation) };
  } catch (error) {
    return { problem: messageOf(error) };
  }
}

// What certificate a server presents, seen on a connection of its own before anything is sent to it: over LDAPS, or after
// StartTLS (RFC 4511 §4.14). It looks only; whether to believe it is decided in certificate-trust.ts.

import type { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { connect as connectTcp, type Socket } from 'node:net';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import { frameLength } from '../codec/ber-reader.ts';
import { BerWriter } from '../codec/ber-writer.ts';
import { readResponseMessage, writeRequestMessage } from '../codec/message-ber.ts';
import { Oid } from '../ldap/oids.ts';
import { ResultCode } from '../ldap/result-code.ts';
import { CommandError } from './command.ts';
import { connectFailure, silence } from './connect-failure.ts';
import type { ConnectionChoice } from './connection-options.ts';
import { ExitCode } from './exit-code.ts';

/** The answer to StartTLS is some tens of octets. */
const ANSWER_OCTETS_MAX = 64 * 1024;

export interface PresentedCertificate {
  readonly certificate: X509Certificate;
  /** The runtime's code for what speaks against it; undefined when an authority vouches for it and for the name. */
  readonly problem: string | undefined;
}

/** Rejects with CommandError where there is no such server, or where it makes no TLS. */
export async function lookAtCertificate(
  choice: ConnectionChoice,
  authorities: readonly string[] | undefined,
): Promise<PresentedCertificate> {
  const { host, port, security, connectPatience } = choice;
  const socket = connectTcp({ host, port });
  // It is destroyed when all of it takes too long, and whoever waits for it hears of that.
  const { ms } = connectPatience;
  const late = silence(choice, connectPatience);
  const timer = ms === 0 ? undefined : setTimeout(() => socket.destroy(late), ms);
  try {
    await once(socket, 'connect');
    if (security === 'start-tls') await askForTls(socket);
    const ca = authorities === undefined ? {} : { ca: [...authorities] };
    const secured = connectTls({ socket, host, rejectUnauthorized: false, ...ca });
    await Promise.race([once(secured, 'secureConnect'), failure(secured)]);
    return presented(secured);
  } catch (error) {
    throw connectFailure(choice, error);
  } finally {
    clearTimeout(timer);
    socket.destroy();
  }
}

/** Rejects when the connection ends. */
async function failure(socket: Socket): Promise<never> {
  await once(socket, 'close');
  throw new Error('it ends the connection before TLS is made');
}

function presented(socket: TLSSocket): PresentedCertificate {
  const certificate = socket.getPeerX509Certificate();
  if (certificate === undefined) throw new Error('it presents no certificate');
  // Typed as an Error, and the code alone where there is one.
  const problem: unknown = socket.authorizationError;
  return {
    certificate,
    problem: socket.authorized ? undefined : problem instanceof Error ? problem.message : String(problem),
  };
}

async function askForTls(socket: Socket): Promise<void> {
  const writer = new BerWriter();
  const operation = { type: 'extendedRequest', oid: Oid.startTls, value: undefined } as const;
  writeRequestMessage(writer, { id: 1, operation, controls: [] });
  socket.write(writer.take());
  const answer = await readMessage(socket);
  if ('code' in answer && answer.code === ResultCode.success) return;
  const words = 'diagnosticMessage' in answer ? answer.diagnosticMessage : 'the answer is none';
  throw new CommandError(`The server makes no TLS by StartTLS: ${words}`, ExitCode.connectError);
}

/** The whole of one message. TLS begins with the client, so nothing comes behind it. */
async function readMessage(socket: Socket) {
  let bytes: Buffer = Buffer.alloc(0);
  for await (const piece of socket.iterator({ destroyOnReturn: false })) {
    bytes = Buffer.concat([bytes, piece]);
    const length = frameLength(bytes, 0, bytes.length, ANSWER_OCTETS_MAX);
    if (length > 0 && length <= bytes.length) return readResponseMessage(bytes, 0, length).operation;
  }
  throw new Error('it ends the connection instead of an answer to StartTLS');
}

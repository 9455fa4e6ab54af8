// Whether to trust a server: an authority vouches for its certificate, or somebody at a terminal has said yes to this
// very certificate, now or before. What comes out are the options of the connection, which hold to that.

import type { X509Certificate } from 'node:crypto';
import type { ConnectionOptions } from 'node:tls';
import { messageOf } from '../../files/file-error.ts';
import { CodedError, Reason } from '../../files/program-error.ts';
import { parsePem } from '../../trust/pem.ts';
import { refusalOf } from '../../trust/refusal.ts';
import { askYesOrNo } from '../ask.ts';
import { CommandError, type Invocation, type World } from '../command.ts';
import { ExitCode } from '../exit-code.ts';
import type { ConnectionChoice } from './connection-choice.ts';
import { KnownServers } from './known-servers.ts';
import { lookAtCertificate, type PresentedCertificate } from './presented-certificate.ts';

const SUBJECT_CHARACTERS_MAX = 200;
const CONTROL_CHARACTERS = /\p{Cc}/gu;

/** Reasons against a certificate that somebody who knows it may still accept. */
const REASONS: ReadonlyMap<string, string> = new Map([
  ['DEPTH_ZERO_SELF_SIGNED_CERT', 'it is self-signed'],
  ['SELF_SIGNED_CERT_IN_CHAIN', 'the authority behind it is not known here'],
  ['UNABLE_TO_GET_ISSUER_CERT_LOCALLY', 'the authority behind it is not known here'],
  ['UNABLE_TO_GET_ISSUER_CERT', 'the authority behind it is not known here'],
  ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'the authority behind it is not known here'],
  ['ERR_TLS_CERT_ALTNAME_INVALID', 'it is for another name'],
]);

export interface TrustQuestion {
  readonly choice: ConnectionChoice;
  /** PEM; undefined: those that the runtime knows. */
  readonly authorities: readonly string[] | undefined;
}

/** The options of TLS for the connection. Rejects with CommandError when the certificate is not to be trusted. */
export async function decideTrust(
  { choice, authorities }: TrustQuestion,
  invocation: Pick<Invocation, 'has'>,
  world: Pick<World, 'stdin' | 'stdout' | 'stderr' | 'env' | 'terminal'>,
): Promise<ConnectionOptions> {
  const usual = authorities === undefined ? {} : { ca: [...authorities] };
  const presented = await lookAtCertificate(choice, authorities);
  const { certificate, problem } = presented;
  if (problem === undefined) return usual;
  const server = serverName(choice);
  const known = new KnownServers(world.env);
  const trusted = await known.find(server);
  const reason = REASONS.get(problem);
  if (trusted !== undefined && trusted !== certificate.fingerprint256) {
    throw refusal(changed(server, trusted, certificate, known));
  }
  if (reason === undefined) throw refusal(hopeless({ choice, authorities }, presented, problem));
  if (trusted === undefined) {
    const description = unknown(server, certificate, reason);
    const mayAsk = authorities === undefined && world.stdin.isTTY === true && !invocation.has('no-prompt');
    if (!mayAsk) throw refusal(`${description}${ADVICE}`);
    if (!(await askYesOrNo(`${description}Trust this certificate, now and later?`, world)))
      throw refusal(`The certificate of ${server} was not accepted.`);
    await remember(server, certificate, known, world);
  }
  return onlyThis(certificate);
}

const ADVICE =
  'Compare the fingerprint with what the server has; then give its authority with --trustStorePath, answer once on a ' +
  'terminal, or give --trustAll to trust every certificate.';

function refusal(message: string): CommandError {
  return new CommandError(message, ExitCode.connectError);
}

/** Returns `localhost:1636`, the form in the file. */
function serverName({ host, port }: Pick<ConnectionChoice, 'host' | 'port'>): string {
  const name = host.toLowerCase();
  return `${name.includes(':') ? `[${name}]` : name}:${port}`;
}

function describe(certificate: X509Certificate): string {
  const subject = certificate.subject.replaceAll('\n', ', ').replaceAll(CONTROL_CHARACTERS, '?');
  const shown = subject === '' ? 'without a subject' : `for ${subject.slice(0, SUBJECT_CHARACTERS_MAX)}`;
  return `${shown}, SHA-256 fingerprint ${certificate.fingerprint256}`;
}

function unknown(server: string, certificate: X509Certificate, reason: string): string {
  return `The certificate of ${server} is not trusted: ${reason}. It is ${describe(certificate)}. `;
}

function changed(
  server: string,
  trusted: string,
  certificate: X509Certificate,
  { path }: KnownServers,
): string {
  return (
    `THE CERTIFICATE OF ${server} HAS CHANGED, and somebody may be listening. It is ${describe(certificate)}; the one ` +
    `that was trusted has the fingerprint ${trusted}. If the server has got a new certificate, take its line out of ` +
    `${path} and try again.`
  );
}

/** Every rule that the chain breaks, and the way out of each. */
function hopeless(
  { choice, authorities }: TrustQuestion,
  { certificate, chain }: PresentedCertificate,
  code: string,
): string {
  const refused = refusalOf(new CodedError(code), {
    host: choice.host,
    chain,
    authorities: authorities?.flatMap((pem) => parsePem(pem, 'the trust store').certificates),
    store: {
      does: authorities === undefined ? 'the authorities of the runtime do' : 'the trust store does',
      add: (what) => `give ${what} with --trustStorePath`,
    },
    storeName: authorities === undefined ? 'the authorities of the runtime' : 'the trust store',
    now: new Date(),
  });
  const why = refused?.message ?? `It is not known why: the check says ${code}.`;
  return (
    `The certificate of ${serverName(choice)} is not to be trusted. ${why} It is ${describe(certificate)}. ` +
    'Give the server a certificate that is valid, or --trustAll to trust every certificate.'
  );
}

async function remember(
  server: string,
  { fingerprint256 }: X509Certificate,
  known: KnownServers,
  { stderr }: Pick<World, 'stderr'>,
): Promise<void> {
  try {
    await known.remember(server, fingerprint256);
  } catch (error) {
    const reason = messageOf(error);
    stderr.write(`This is not remembered for the next time: ${reason}.\n`);
  }
}

/** Accepts this certificate only: a server that presents another one on the connection itself is refused. */
function onlyThis(certificate: X509Certificate): ConnectionOptions {
  return {
    ca: [certificate.toString()],
    allowPartialTrustChain: true,
    checkServerIdentity: (host, { fingerprint256 }) =>
      fingerprint256 === certificate.fingerprint256
        ? undefined
        : new Reason(`${host} presents another certificate than a moment ago`),
  };
}

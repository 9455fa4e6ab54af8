// Chains that are out of date, or that end at no trusted authority.

import {
  basicConstraints,
  ecKey,
  issuerKeyIdentifier,
  issuerSerial,
  keyIdentifier,
} from '../../support/certificate-maker.ts';
import {
  type BadChain,
  bad,
  type ChainWorkshop,
  FOR_LOCALHOST,
  FUTURE,
  LOCAL,
  PAST,
} from './chain-workshop.ts';

export function outOfDate(w: ChainWorkshop): readonly BadChain[] {
  const oldRoot = w.authority({ subject: 'CN=Old Root', ...PAST });
  return [
    bad(
      'expired',
      'CERT_HAS_EXPIRED',
      w.leaf(PAST),
      /It expired on 2021-02-03 04:05 UTC; it is /,
      /renewed on the server/,
    ),
    bad(
      'an issuer that has expired',
      'CERT_HAS_EXPIRED',
      w.below(PAST),
      /certificate of its issuer CN=Between expired on 2021/,
      /issuer that is valid/,
    ),
    bad(
      'a root that has expired',
      'CERT_HAS_EXPIRED',
      w.leaf({}, oldRoot),
      /authority CN=Old Root in .* expired on 2021/,
      /successor/,
    ),
    bad('not valid yet', 'CERT_NOT_YET_VALID', w.leaf(FUTURE), /It is valid from 2098-01-01/, /clocks/),
    bad(
      'an issuer not valid yet',
      'CERT_NOT_YET_VALID',
      w.below(FUTURE),
      /issuer CN=Between is valid from 2098/,
      /clocks/,
    ),
    bad(
      'a root not valid yet',
      'CERT_NOT_YET_VALID',
      w.leaf({}, w.authority(FUTURE)),
      /authority CN=Root in .* is valid from 2098/,
      /clocks/,
    ),
  ];
}

export function unknownAuthorities(w: ChainWorkshop): readonly BadChain[] {
  const selfSigned = w.make(FOR_LOCALHOST);
  return [
    bad(
      'self-signed',
      'DEPTH_ZERO_SELF_SIGNED_CERT',
      { own: selfSigned, sent: [], trusted: [w.root] },
      /It is self-signed/,
      /SHA-256 fingerprint ([0-9A-F]{2}:){31}/,
    ),
    bad(
      'an unknown root that is sent along',
      'SELF_SIGNED_CERT_IN_CHAIN',
      { ...w.leaf({}, w.rsaRoot), sent: [w.rsaRoot], trusted: [w.root] },
      /comes from the authority CN=RSA Root/,
      /put the certificate of the authority into/,
    ),
    bad(
      'an unknown root that is not sent',
      'SELF_SIGNED_CERT_IN_CHAIN',
      { ...w.below({}), trusted: [w.rsaRoot] },
      /comes from the authority CN=Root/,
      /put the certificate of the authority into/,
    ),
    bad(
      'an issuer that is not sent',
      'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
      { ...w.below({}), sent: [] },
      /sends it without that of CN=Between/,
      /send its whole chain/,
    ),
  ];
}

export function otherAuthorities(w: ChainWorkshop): readonly BadChain[] {
  const impostor = w.authority({ subject: 'CN=Root' });
  const keyed = w.authority({ extensions: [basicConstraints(true), keyIdentifier('aaaa')] });
  return [
    bad(
      'an authority of the same name with another key',
      'CERT_SIGNATURE_FAILURE',
      { ...w.leaf({}), trusted: [impostor] },
      /It has a signature that is not by the key of its issuer/,
      /present key/,
    ),
    bad(
      'a forged signature',
      'CERT_SIGNATURE_FAILURE',
      w.leaf({ isForged: true }),
      /It has a signature that is not/,
      /trust store/,
    ),
    bad(
      'a forged issuer',
      'CERT_SIGNATURE_FAILURE',
      w.below({ isForged: true }),
      /certificate of its issuer CN=Between has a signature/,
      /trust store/,
    ),
    bad(
      'another key identifier than the root has',
      'AKID_SKID_MISMATCH',
      w.leaf({ extensions: [LOCAL, issuerKeyIdentifier('bbbb')] }, keyed),
      /from another key of CN=Root than the certificate in the trust store/,
      /in its place/,
    ),
    bad(
      'another serial number than the root has',
      'AKID_ISSUER_SERIAL_MISMATCH',
      w.leaf({ extensions: [LOCAL, issuerSerial('CN=Root', '\x11')] }),
      /another serial number/,
      /in its place/,
    ),
  ];
}

export function endlessChains(w: ChainWorkshop): readonly BadChain[] {
  const key = ecKey();
  const second = w.authority({ subject: 'CN=Second', issuer: { ...w.root, subject: 'CN=First', key } });
  const first = w.authority({ subject: 'CN=First', key, issuer: second });
  const loop = { own: w.make({ ...FOR_LOCALHOST, issuer: first }), sent: [first, second], trusted: [w.root] };
  const many = [w.authority({ subject: 'CN=L0', key, issuer: w.root })];
  for (let last = many[0]; last !== undefined && many.length < 102; last = many[0])
    many.unshift(w.authority({ subject: `CN=L${many.length}`, key, issuer: last }));
  const own = w.make({ ...FOR_LOCALHOST, issuer: many[0] ?? w.root });
  const long = { own, sent: many, trusted: [w.root] };
  return [
    bad('a loop', 'PATH_LOOP', loop, /issued each other in a circle/, /as the authority gave it/),
    bad('a long chain', 'CERT_CHAIN_TOO_LONG', long, /more than 100 certificates/, /closer to the root/),
  ];
}

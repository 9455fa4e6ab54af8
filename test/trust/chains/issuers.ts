// Chains with issuers that may not issue, and certificates for another purpose.

import { basicConstraints, keyUsage, makeCertificate, purposes } from '../../support/certificate-maker.ts';
import {
  type BadChain,
  bad,
  type ChainWorkshop,
  CLIENT,
  FOR_LOCALHOST,
  LOCAL,
  MAIL,
} from './chain-workshop.ts';

export function noAuthorities(w: ChainWorkshop): readonly BadChain[] {
  const notAuthority = w.make({
    subject: 'CN=Between',
    issuer: w.root,
    extensions: [basicConstraints(false)],
  });
  const silent = makeCertificate({ subject: 'CN=Between', issuer: w.root, extensions: [LOCAL] });
  const old = makeCertificate({ subject: 'CN=Between', issuer: w.root, version: 1 });
  const noSigner = w.between({ extensions: [basicConstraints(true), keyUsage('digitalSignature')] });
  const short = w.between({ extensions: [basicConstraints(true, 0)] });
  const deeper = w.authority({ subject: 'CN=Deeper', issuer: short });
  return [
    bad(
      'an issuer that is no authority',
      'INVALID_CA',
      w.chain(w.make({ ...FOR_LOCALHOST, issuer: notAuthority }), notAuthority, w.root),
      /its issuer CN=Between has issued .* no authority: its basicConstraints say CA:FALSE/,
      /CA:TRUE/,
    ),
    bad(
      'an issuer without basicConstraints',
      'INVALID_CA',
      w.chain(w.make({ ...FOR_LOCALHOST, issuer: silent }), silent, w.root),
      /no authority: it has no basicConstraints/,
      /CA:TRUE/,
    ),
    bad(
      'an issuer that may not sign certificates',
      'KEYUSAGE_NO_CERTSIGN',
      w.chain(w.make({ ...FOR_LOCALHOST, issuer: noSigner }), noSigner, w.root),
      /comes from CN=Between, whose certificate that was sent along may not sign certificates/,
      /keyCertSign/,
    ),
    bad(
      'a root that may not sign certificates',
      'KEYUSAGE_NO_CERTSIGN',
      w.leaf({}, w.authority({ extensions: [basicConstraints(true), keyUsage('cRLSign')] })),
      /comes from CN=Root, whose certificate in the trust store may not sign/,
      /keyCertSign/,
    ),
    bad(
      'an issuer deeper than the path length allows',
      'PATH_LENGTH_EXCEEDED',
      w.chain(w.make({ ...FOR_LOCALHOST, issuer: deeper }), deeper, short, w.root),
      /CN=Between allows no authority below it \(pathlen:0\), and the chain has 1/,
      /larger pathlen/,
    ),

    bad(
      'an issuer of version 1',
      'INVALID_CA',
      w.chain(w.make({ ...FOR_LOCALHOST, issuer: old }), old, w.root),
      /no authority: it has no basicConstraints/,
      /CA:TRUE/,
    ),
  ];
}

export function otherPurposes(w: ChainWorkshop): readonly BadChain[] {
  const mailOnly = w.authority({
    subject: 'CN=Mail Root',
    extensions: [basicConstraints(true), purposes(MAIL)],
  });
  return [
    bad(
      'for clients',
      'INVALID_PURPOSE',
      w.leaf({ extensions: [LOCAL, purposes(CLIENT, MAIL)] }),
      /It is not for servers: its extendedKeyUsage has clientAuth, emailProtection, not serverAuth/,
      /serverAuth/,
    ),
    bad(
      'a key usage that is not for TLS',
      'INVALID_PURPOSE',
      w.leaf({ extensions: [LOCAL, keyUsage('nonRepudiation')] }),
      /its keyUsage has nonRepudiation, not digitalSignature/,
      /digitalSignature/,
    ),
    bad(
      'an issuer for mail only',
      'INVALID_PURPOSE',
      w.below({ extensions: [basicConstraints(true), purposes(MAIL)] }),
      /CN=Between is not to issue certificates for servers: its extendedKeyUsage has emailProtection/,
      /serverAuth/,
    ),
    bad(
      'a root for mail only',
      'INVALID_PURPOSE',
      w.leaf({}, mailOnly),
      /authority CN=Mail Root in .* is not to issue certificates for servers/,
      /serverAuth/,
    ),
  ];
}

// Chains with keys, digests and signatures that are too weak or not understood.

import { dsaKey, ecKey } from '../../support/certificate-maker.ts';
import { type BadChain, bad, type ChainWorkshop } from './chain-workshop.ts';

export function weakKeys(w: ChainWorkshop): readonly BadChain[] {
  const smallRoot = w.authority({ subject: 'CN=Small Root', key: w.rsa1024 });
  return [
    bad(
      'an RSA key of 1,024 bits',
      'EE_KEY_TOO_SMALL',
      w.leaf({ key: w.rsa1024 }),
      /It has an RSA key of 1024 bits, and at least 2048/,
      /2048/,
    ),
    bad(
      'an issuer with an RSA key of 1,024 bits',
      'CA_KEY_TOO_SMALL',
      w.below({ key: w.rsa1024 }),
      /issuer CN=Between has an RSA key of 1024 bits/,
      /2048/,
    ),
    bad(
      'a root with an RSA key of 1,024 bits',
      'CA_KEY_TOO_SMALL',
      w.leaf({}, smallRoot),
      /authority CN=Small Root in .* has an RSA key of 1024 bits/,
      /2048/,
    ),
    bad(
      'an issuer with an EC key of 192 bits',
      'CA_KEY_TOO_SMALL',
      w.below({ key: ecKey('prime192v1') }),
      /EC key of 192 bits/,
      /P-256/,
    ),
    bad(
      'a DSA issuer',
      'CA_KEY_TOO_SMALL',
      w.below({ key: dsaKey() }),
      /CN=Between has a DSA key of 1024 bits/,
      /2048/,
    ),
    bad(
      'an issuer whose curve is written out',
      'EC_KEY_EXPLICIT_PARAMS',
      w.below({ key: ecKey('P-256', 'explicit') }),
      /curve out/,
      /named curve/,
    ),
    bad(
      'a curve that is written out',
      'EC_KEY_EXPLICIT_PARAMS',
      w.leaf({ key: ecKey('P-256', 'explicit') }),
      /curve out/,
      /named curve/,
    ),
  ];
}

export function weakSignatures(w: ChainWorkshop): readonly BadChain[] {
  return [
    bad(
      'a signature with SHA-1',
      'CA_MD_TOO_WEAK',
      w.leaf({ digest: 'sha1' }),
      /It is signed with SHA-1/,
      /SHA-256/,
    ),
    bad(
      'a signature with MD5',
      'CA_MD_TOO_WEAK',
      w.leaf({ digest: 'md5' }, w.rsaRoot),
      /It is signed with MD5/,
      /SHA-256/,
    ),
    bad(
      'an issuer signed with SHA-1',
      'CA_MD_TOO_WEAK',
      w.below({ digest: 'sha1' }),
      /issuer CN=Between is signed with SHA-1/,
      /SHA-256/,
    ),
    bad(
      'two algorithms for one signature',
      'SIGNATURE_ALGORITHM_INCONSISTENCY',
      w.leaf({ signedAlgorithm: '1.2.840.10045.4.3.3' }),
      /two algorithms for its one signature/,
      /issued again/,
    ),
    bad(
      'an unknown signature algorithm',
      'UNSUPPORTED_SIGNATURE_ALGORITHM',
      w.leaf({ algorithm: '1.3.6.1.4.1.99999.2' }),
      /signed with the algorithm 1.3.6.1.4.1.99999.2/,
      /ECDSA/,
    ),
    bad(
      'a signature that is not by such a key',
      'SIGNATURE_ALGORITHM_MISMATCH',
      w.leaf({ algorithm: '1.2.840.113549.1.1.11' }),
      /signed with an algorithm that does not belong to the key/,
      /in its place/,
    ),
  ];
}

// Makes chains of certificates with one thing wrong, for the tests of what is said about them.

import {
  alternativeNames,
  basicConstraints,
  type CertificateWords,
  ecKey,
  type Made,
  makeCertificate,
  nameConstraints,
  rsaKey,
} from '../../support/certificate-maker.ts';

export interface Chain {
  /** Key and certificate of the server, and what it sends along. */
  readonly own: Made;
  readonly sent: readonly Made[];
  /** In the trust store. */
  readonly trusted: readonly Made[];
}

export interface BadChain extends Chain {
  readonly name: string;
  /** OpenSSL's name for what is wrong. */
  readonly code: string;
  /** In the sentence. */
  readonly says: RegExp;
  /** In the advice. */
  readonly advises: RegExp;
}

export const CLIENT = '1.3.6.1.5.5.7.3.2';
export const MAIL = '1.3.6.1.5.5.7.3.4';
export const PAST = { from: new Date('2020-01-01T00:00:00Z'), to: new Date('2021-02-03T04:05:00Z') };
export const FUTURE = { from: new Date('2098-01-01T00:00:00Z'), to: new Date('2099-01-01T00:00:00Z') };
export const LOCAL = alternativeNames('DNS:localhost', 'IP:127.0.0.1');
export const FOR_LOCALHOST = { subject: 'CN=localhost', extensions: [LOCAL] };

export function bad(name: string, code: string, chain: Chain, says: RegExp, advises: RegExp): BadChain {
  return { ...chain, name, code, says, advises };
}

export class ChainWorkshop {
  readonly key = ecKey();
  readonly rsa1024 = rsaKey(1024);
  readonly root = this.authority();
  readonly rsaRoot = this.authority({ subject: 'CN=RSA Root', key: rsaKey(2048) });

  make(words: CertificateWords): Made {
    return makeCertificate({ key: this.key, ...words });
  }

  authority(words: CertificateWords = {}): Made {
    return makeCertificate({ subject: 'CN=Root', extensions: [basicConstraints(true)], ...words });
  }

  /** An authority below the root. */
  between(words: CertificateWords = {}): Made {
    return this.authority({ subject: 'CN=Between', issuer: this.root, ...words });
  }

  /** The last one is trusted and not sent. */
  chain(own: Made, ...rest: readonly Made[]): Chain {
    return { own, sent: rest.slice(0, -1), trusted: rest.slice(-1) };
  }

  /** A certificate for localhost, straight from the root. */
  leaf(words: CertificateWords, issuer = this.root): Chain {
    return this.chain(this.make({ ...FOR_LOCALHOST, issuer, ...words }), issuer);
  }

  /** A certificate for localhost from an authority below the root. */
  below(words: CertificateWords, own: CertificateWords = {}): Chain {
    const issuer = this.between(words);
    return this.chain(this.make({ ...FOR_LOCALHOST, issuer, ...own }), issuer, this.root);
  }

  constrained(permitted: readonly string[], excluded: readonly string[] = []) {
    return { extensions: [basicConstraints(true), nameConstraints(permitted, excluded)] };
  }
}

// Chains with names that an authority may not vouch for, and with extensions that are not understood.

import {
  alternativeNames,
  basicConstraints,
  keyUsage,
  rawExtension,
} from '../../support/certificate-maker.ts';
import { type BadChain, bad, type ChainWorkshop, LOCAL } from './chain-workshop.ts';

export function forbiddenHosts(w: ChainWorkshop): readonly BadChain[] {
  return [
    bad(
      'a host that the issuer may not vouch for',
      'PERMITTED_VIOLATION',
      w.below(w.constrained(['DNS:example.com'])),
      /CN=Between may vouch for the host name "example.com" only .* host name "localhost"/,
      /another authority/,
    ),
    bad(
      'a common name that the issuer may not vouch for',
      'PERMITTED_VIOLATION',
      w.below(w.constrained(['DNS:example.com']), {
        subject: 'CN=mail.example.net',
        extensions: [alternativeNames('IP:127.0.0.1')],
      }),
      /the host name "mail.example.net"/,
      /another authority/,
    ),
    bad(
      'a host that is excluded',
      'EXCLUDED_VIOLATION',
      w.below(w.constrained([], ['DNS:localhost'])),
      /may not vouch for the host name "localhost"/,
      /another name/,
    ),
    bad(
      'an address that is excluded',
      'EXCLUDED_VIOLATION',
      w.below(w.constrained([], ['IP:127.0.0.0/255.0.0.0'])),
      /may not vouch for the IP address 127.0.0.0\/255.0.0.0 .* the IP address 127.0.0.1/,
      /another name/,
    ),
    bad(
      'an address outside of what is permitted',
      'PERMITTED_VIOLATION',
      w.below(w.constrained(['IP:10.0.0.0/255.0.0.0'])),
      /vouch for the IP address 10.0.0.0\/255.0.0.0 only/,
      /another authority/,
    ),
  ];
}

export function forbiddenNames(w: ChainWorkshop): readonly BadChain[] {
  return [
    bad(
      'a subject outside of what is permitted',
      'PERMITTED_VIOLATION',
      w.below(w.constrained(['DIR:O=Example']), { subject: 'O=Other,CN=localhost' }),
      /directory name "O=Example" only .* directory name "O=Other, CN=localhost"/,
      /another authority/,
    ),
    bad(
      'a mail address that the issuer may not vouch for',
      'PERMITTED_VIOLATION',
      w.below(w.constrained(['email:example.com']), {
        extensions: [alternativeNames('DNS:localhost', 'email:a@example.net')],
      }),
      /e-mail address "a@example.net"/,
      /another authority/,
    ),
    bad(
      'a URI that the issuer may not vouch for',
      'PERMITTED_VIOLATION',
      w.below(w.constrained(['URI:example.com']), {
        extensions: [alternativeNames('DNS:localhost', 'URI:http://x.example.net/a')],
      }),
      /the URI "http:\/\/x.example.net\/a"/,
      /another authority/,
    ),
    bad(
      'name constraints with a maximum',
      'SUBTREE_MINMAX',
      w.below(w.constrained(['DNS:localhost max'])),
      /minimum or maximum/,
      /issued again/,
    ),
    bad(
      'name constraints of a kind that is not compared',
      'UNSUPPORTED_CONSTRAINT_TYPE',
      w.below(w.constrained([], ['RID:1.2.3']), {
        extensions: [alternativeNames('DNS:localhost', 'RID:1.2.3.4')],
      }),
      /kind of name that OpenSSL cannot compare/,
      /without that name/,
    ),
    bad(
      'name constraints with half an address',
      'UNSUPPORTED_CONSTRAINT_SYNTAX',
      w.below(w.constrained(['IP:127.0.0.0'])),
      /not written as RFC 5280 says/,
      /issued again/,
    ),
  ];
}

export function oddExtensions(w: ChainWorkshop): readonly BadChain[] {
  return [
    bad(
      'an unknown critical extension',
      'UNHANDLED_CRITICAL_EXTENSION',
      w.leaf({ extensions: [LOCAL, rawExtension('1.3.6.1.4.1.99999.1', true, '\x05\x00')] }),
      /It has the critical extension 1.3.6.1.4.1.99999.1/,
      /not critical/,
    ),
    bad(
      'an issuer with an unknown critical extension',
      'UNHANDLED_CRITICAL_EXTENSION',
      w.below({ extensions: [basicConstraints(true), rawExtension('1.2.3.4', true, '\x05\x00')] }),
      /issuer CN=Between has the critical extension 1.2.3.4/,
      /not critical/,
    ),
    bad(
      'an extension that cannot be read',
      'INVALID_EXTENSION',
      w.leaf({ extensions: [LOCAL, rawExtension('2.5.29.19', true, 'xyz')] }),
      /extension 2.5.29.19 twice, or it cannot be read/,
      /issued again/,
    ),
    bad(
      'an issuer with an extension that cannot be read',
      'INVALID_EXTENSION',
      w.below({ extensions: [basicConstraints(true), rawExtension('2.5.29.15', true, 'xyz')] }),
      /comes from CN=Between, whose certificate that was sent along has the extension 2.5.29.15/,
      /issued again/,
    ),
    bad(
      'an extension that is there twice',
      'INVALID_EXTENSION',
      w.leaf({ extensions: [LOCAL, keyUsage('digitalSignature'), keyUsage('digitalSignature')] }),
      /extension 2.5.29.15 twice/,
      /issued again/,
    ),
    bad(
      'a proxy certificate',
      'PROXY_CERTIFICATES_NOT_ALLOWED',
      w.leaf({
        extensions: [
          rawExtension(
            '1.3.6.1.5.5.7.1.14',
            true,
            '\x30\x0c\x30\x0a\x06\x08\x2b\x06\x01\x05\x05\x07\x15\x01',
          ),
        ],
      }),
      /proxy certificate/,
      /instead of a proxy/,
    ),
  ];
}

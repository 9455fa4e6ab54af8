// A certificate chain for every reason to refuse a server that OpenSSL's check can be brought to, with what is to be said.

import { endlessChains, otherAuthorities, outOfDate, unknownAuthorities } from './chain-ends.ts';
import { type BadChain, ChainWorkshop } from './chain-workshop.ts';
import { noAuthorities, otherPurposes } from './issuers.ts';
import { weakKeys, weakSignatures } from './keys.ts';
import { forbiddenHosts, forbiddenNames, oddExtensions } from './names.ts';

export function badChains(): readonly BadChain[] {
  const workshop = new ChainWorkshop();
  const groups = [
    ...[outOfDate, unknownAuthorities, otherAuthorities, endlessChains, noAuthorities, otherPurposes],
    ...[weakKeys, weakSignatures, forbiddenHosts, forbiddenNames, oddExtensions],
  ];
  return groups.flatMap((make) => make(workshop));
}

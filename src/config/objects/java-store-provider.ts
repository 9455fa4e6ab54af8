// `provider-name`, `provider-arg` and `provider-class`, with which PingDS lets a security provider of Java read a
// store. They are declared so that the refusal can say what to do.

import { ownAttribute } from '../object-identifiers.ts';
import { property } from '../property-definition.ts';
import { unsupported } from '../types/unsupported.ts';

const javaProvider = {
  problem:
    'is about security providers of a Java runtime, and this server reads JKS and PKCS12 files by itself',
  advice: 'Leave it out; convert a store of another type to PKCS12.',
};

export const javaStoreProvider = [
  property({
    name: 'provider-name',
    oid: ownAttribute(30),
    type: unsupported(javaProvider),
    synopsis: 'The Java security provider that reads the store in PingDS; refused.',
  }),
  property({
    name: 'provider-arg',
    oid: ownAttribute(31),
    type: unsupported(javaProvider),
    synopsis: 'What the Java security provider is given in PingDS; refused.',
  }),
  property({
    name: 'provider-class',
    oid: ownAttribute(32),
    type: unsupported(javaProvider),
    advanced: true,
    synopsis: 'The class of the Java security provider in PingDS; refused.',
  }),
] as const;

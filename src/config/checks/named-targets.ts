// ReferenceIndex keys that properties other than references add: login names of accounts, handlers, names in policies.

import type { Schema } from '../../schema/schema.ts';
import type { ObjectDefinition } from '../object-definition.ts';
import { globalAccessControlPolicy } from '../objects/global-access-control-policy.ts';
import { policyTargetsOf } from '../policy-names.ts';
import type { ObjectReading } from '../property-reader.ts';
import { accountTargetsOf, isAccountKind } from './administrator-check.ts';
import { handlerTargetsOf, isHandlerKind } from './handler-check.ts';

/** Returns the ReferenceIndex keys of an object. */
export function namedTargetsOf(reading: ObjectReading, schema: Schema): readonly string[] {
  return [
    ...accountTargetsOf(reading, schema),
    ...policyTargetsOf(reading, schema),
    ...handlerTargetsOf(reading),
  ];
}

/** Returns true if objects of the kind may have such keys. */
export function namesInOtherWays(definition: ObjectDefinition): boolean {
  return isAccountKind(definition) || isHandlerKind(definition) || definition === globalAccessControlPolicy;
}

// The refusal of a change whose control asks for something that only a running server can do.

import type { Control } from '../ldap/control.ts';

/** Why a change with a critical control is not made where no server is asked. */
export function refusedControl({ oid }: Control): string {
  return `the control ${oid} is critical, and only a server that runs can do what it asks for. Leave it out, or import into a running server.`;
}

// What somebody at a terminal is told once the server is ready.

import { relative } from 'node:path';
import { ADMINISTRATOR_BIND_NAME, ADMINISTRATOR_DN } from '../instance/administrator.ts';
import type { Instance } from '../instance/instance.ts';

export function greet(urls: readonly string[], instance: Instance): string {
  const pin = relative('', instance.pinFile);
  const url = urls.find((one) => one.startsWith('ldap://')) ?? urls[0] ?? '';
  return `
  The administrator is ${ADMINISTRATOR_DN} (or ${ADMINISTRATOR_BIND_NAME}).
  The password lies in ${pin}, unless the environment gave it at the first start.
  The server listens on ${urls.join(' ')}
  To look around:

    ldapsearch -x -H ${url} -D ${ADMINISTRATOR_BIND_NAME} -y ${pin} -b cn=config

  Ctrl-C stops the server.

`;
}

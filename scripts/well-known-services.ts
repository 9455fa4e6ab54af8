// The list of well-known mail services that nodemailer ships, as an LDIF of mail servers on standard output:
//
//     npm run --silent well-known | ldapadd -x -H ldap://localhost:1389 -D uid=admin -y instance/config/admin.pin
//
// Only what a mail server has a property for is taken over. A service that says no host is skipped, and told on standard
// error with the reason.

import services from 'nodemailer/lib/well-known/services.json' with { type: 'json' };
import { formatEntry } from '../src/codec/ldif-writer.ts';
import { mailServer } from '../src/config/objects/mail-server.ts';
import { Container } from '../src/config/objects/properties/places.ts';
import { Dn } from '../src/ldap/dn.ts';
import { Entry } from '../src/ldap/entry.ts';

interface Service {
  readonly host?: string;
  /** A number, and once a text. */
  readonly port?: number | string;
  readonly secure?: boolean;
  readonly authMethod?: string;
}

/** Where SMTP over TLS listens (RFC 8314 §3.3); nodemailer speaks TLS there even when the list does not say so. */
const SUBMISSIONS_PORT = 465;

const container = Dn.parse(Container.mailServers);
const records: string[] = [];
for (const [name, service] of Object.entries<Service>(services)) {
  if (service.host === undefined) process.stderr.write(`${name} is skipped: the list says no host for it.\n`);
  else records.push(formatEntry(entryOf(name, service.host, service)));
}
process.stdout.write(records.join('\n'));

function entryOf(name: string, host: string, { port, secure, authMethod }: Service): Entry {
  const useSsl = secure ?? Number(port) === SUBMISSIONS_PORT;
  return Entry.of(container.child([{ type: 'cn', value: name }]), {
    objectClass: ['top', mailServer.objectClass.name],
    cn: name,
    'ds-cfg-enabled': 'true',
    'ds-cfg-smtp-server': port === undefined ? host : `${host}:${port}`,
    'ds-cfg-use-ssl': String(useSsl),
    ...(useSsl ? { 'ds-cfg-use-start-tls': 'false' } : {}),
    ...(authMethod === undefined
      ? {}
      : { 'ds-cfg-smtp-property': `mail.smtp.auth.mechanisms=${authMethod}` }),
  });
}

// A certificate that is replaced while the server runs.

import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { extendedRequest } from '../../support/ber-bytes.ts';
import { Authority } from '../../support/certificates.ts';
import { connectTls, connectWithStartTls } from '../../support/clients/tls-client.ts';
import { type RunningServer, startServer } from '../../support/start-server.ts';
import { until } from '../../support/until.ts';

const WHO_AM_I = extendedRequest('1.3.6.1.4.1.4203.1.11.3');

let server: RunningServer;
let authority: Authority;
let keyFile: string;

beforeAll(async () => {
  [server, authority] = await Promise.all([startServer(), Authority.create()]);
  keyFile = join(server.folder, 'config/keys/server.pem');
});

afterAll(() => authority.remove());

async function subjectServed(): Promise<string | undefined> {
  const { client, socket } = await connectTls(server.ldapsPort);
  const subject = socket.getPeerX509Certificate()?.subject;
  client.close();
  return subject;
}

/** Connects again and again, as clients do, until the certificate is there. */
function waitForSubject(subject: string): Promise<void> {
  return until(async () => (await subjectServed()) === subject);
}

it('is served to those who connect from then on, and those who are connected stay', async () => {
  const secure = await connectTls(server.ldapsPort);
  const started = await connectWithStartTls(server.port);
  const { pem } = await authority.issue({ subject: '/CN=renewed' });
  await writeFile(`${keyFile}.new~`, pem);
  await rename(`${keyFile}.new~`, keyFile);
  await waitForSubject('CN=renewed');
  for (const { client, socket } of [secure, started]) {
    expect(socket.getPeerX509Certificate()?.subject).toBe('CN=localhost');
    expect(await client.request(WHO_AM_I)).toMatchObject({ code: 0 });
  }
  const { socket } = await connectWithStartTls(server.port);
  expect(socket.getPeerX509Certificate()?.subject).toBe('CN=renewed');
});

it('that cannot be read is told of in the log, and the one before is served on', async () => {
  await writeFile(keyFile, '-----BEGIN CERTIFICATE-----\nhalf\n-----END CERTIFICATE-----\n');
  const isAnswered = server.waitForLog(({ msg }) => msg === 'keys could not be read');
  while ((await Promise.race([isAnswered, subjectServed()])) === 'CN=renewed');
  expect(await isAnswered).toMatchObject({
    problem: expect.stringContaining('server.pem has a block CERTIFICATE'),
  });
  expect(await subjectServed()).toBe('CN=renewed');
});

it('for another key than the one beside it is not taken', async () => {
  const [one, other] = await Promise.all([authority.issue(), authority.issue()]);
  await writeFile(keyFile, `${one.key}${other.certificate}`);
  const isAnswered = server.waitForLog(({ problem }) =>
    String(problem).includes('was issued for another private key'),
  );
  while ((await Promise.race([isAnswered, subjectServed()])) === 'CN=renewed');
  expect(await subjectServed()).toBe('CN=renewed');
});

it('that has expired or soon will is warned of', async () => {
  await writeFile(keyFile, (await authority.issue({ subject: '/CN=brief', days: 1 })).pem);
  await waitForSubject('CN=brief');
  await server.waitForLog(
    ({ msg, subject }) => msg === 'a certificate expires soon' && subject === 'CN=brief',
  );
});

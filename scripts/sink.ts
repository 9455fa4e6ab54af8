// A mail server that delivers nothing: it accepts every message and prints it on standard output, so that the test messages
// of a mail server that is tried out arrive somewhere.
//
//     npm run --silent sink
//     npm run --silent sink -- --port 2526
//
// It listens on localhost, without TLS and without login. The port is 2525, or SINK_PORT.

import { once } from 'node:events';
import { parseArgs } from 'node:util';
import { SMTPServer } from 'smtp-server';

const DEFAULT_PORT = '2525';
const HOST = 'localhost';
const MESSAGE_OCTETS_MAX = 32 * 1024 * 1024;

const { values } = parseArgs({ options: { port: { type: 'string' } } });
const port = Number(values.port ?? process.env.SINK_PORT ?? DEFAULT_PORT);

const sink = new SMTPServer({
  authOptional: true,
  disabledCommands: ['AUTH', 'STARTTLS'],
  disableReverseLookup: true,
  logger: false,
  size: MESSAGE_OCTETS_MAX,
  onData: (stream, session, done) => {
    const pieces: Buffer[] = [];
    stream.on('data', (piece: Buffer) => pieces.push(piece));
    stream.on('end', () => {
      const { mailFrom, rcptTo } = session.envelope;
      const sender = mailFrom === false ? 'nobody' : mailFrom.address;
      const recipients = rcptTo.map(({ address }) => address).join(', ');
      process.stdout.write(`Message from ${sender} to ${recipients}:\n\n${indented(pieces)}\n\n`);
      done(null, 'printed');
    });
  },
});
sink.listen(port, HOST);
try {
  await once(sink.server, 'listening');
  process.stdout.write(`The mail sink listens on ${HOST}:${port}.\n\n`);
} catch (error) {
  const reason = error instanceof Error ? error.message : String(error);
  process.stderr.write(`The mail sink cannot listen on ${HOST}:${port}: ${reason}. Choose another --port.\n`);
  process.exitCode = 1;
}
// A client that breaks off ends its own connection only.
sink.on('error', () => {});

/** Returns the message, each line two spaces to the right. */
function indented(pieces: readonly Buffer[]): string {
  const lines = Buffer.concat(pieces).toString('utf8').trimEnd().split(/\r?\n/);
  return lines.map((line) => `  ${line}`.trimEnd()).join('\n');
}

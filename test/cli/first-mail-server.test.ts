// The way of somebody who knows nothing of it yet: from `confdit --help` to a mail server that is verified, with nothing
// read but what the program says. The transcript is documentation.

import { cp, mkdtemp, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { splitWords } from '../../src/cli/dsconfig/words.ts';
import { expectTranscript } from '../support/cases/transcript.ts';
import { Authority } from '../support/certificates.ts';
import { runConfdit } from '../support/confdit-program.ts';
import { removeFolder } from '../support/folders.ts';
import { endReceivers, SmtpReceiver } from '../support/mail/smtp-receiver.ts';
import { startServer } from '../support/start-server.ts';

const SECRET = 'canary-of-the-first';
const HEADING = `# A first mail server

A whole session, from \`confdit --help\` to a verified mail server. It uses only what the program itself says. The tests run this
session and compare all output; \`[...]\` replaces parts of the help that are about other things.
`;
/** What `--help` shows of the groups that matter on this way; the whole of it grows. */
const GROUPS: ReadonlySet<string> = new Set(['Mail', 'Mail Servers']);

let authority: Authority;
let receiver: SmtpReceiver;
let parent: string;

beforeAll(async () => {
  authority = await Authority.create();
  const { key, certificate } = await authority.issue();
  receiver = await SmtpReceiver.start({ key, cert: certificate, users: { alice: SECRET } });
  parent = await mkdtemp(join(tmpdir(), 'confdit-first-'));
});

afterAll(async () => {
  await endReceivers();
  await authority.remove();
  await removeFolder(parent);
});

it('leads from --help to a verified mail server', async () => {
  const folder = join(parent, 'instance');
  const environment: Record<string, string> = { CONFDIT_INSTANCE: folder };
  let transcript = '';
  const type = async (line: string) => {
    const typed = line.replace('PORT', String(receiver.port)).replace('SECRET', SECRET);
    const ran = await runConfdit(splitWords(typed), { environment });
    const printed = line === '--help' ? excerpt(ran.stdout) : ran.stdout;
    const code = ran.code === 0 ? '' : `exit code ${ran.code}\n`;
    transcript += `$ confdit ${line}\n${printed}${ran.stderr}${code}\n`;
    return ran;
  };
  await type('--help');
  await type('init');
  transcript += '$ confdit start &\n\n';
  const password = await readFile(join(folder, 'config', 'admin.pin'), 'utf8');
  const server = await startServer({ folder, password });
  environment.LDAP_PORT = String(server.port);
  await type('create-mail-server --server-name First');
  await type('create-mail-server --server-name First --set enabled:true --set smtp-server:localhost:PORT');
  await type('set-mail-server-prop --server-name First --set auth-username:alice --set auth-password:SECRET');
  const failed = await type('verify-mail-server --server-name First');
  expect(failed.code).toBe(1);
  await type('create-trust-manager-provider --provider-name Ours --set enabled:true');
  transcript += '$ mkdir instance/config/authorities && cp ca.pem instance/config/authorities\n\n';
  await cp(authority.certificateFile, join(folder, 'config', 'authorities', 'ca.pem'), { recursive: true });
  await type('list-properties --category trust-manager-provider --type pem');
  await type(
    'create-trust-manager-provider --provider-name Ours --type pem --set enabled:true --set pem-directory:config/authorities',
  );
  await type('set-mail-server-prop --server-name First --set trust-manager-provider:Ours');
  const verified = await type('verify-mail-server --server-name First');
  expect(verified).toMatchObject({ code: 0, stderr: '' });
  expect(verified.stdout).toContain('can be used');
  await server.stop();
  expect(transcript).not.toContain(SECRET);
  await expectTranscript(
    'docs/first-mail-server.md',
    `${HEADING}\n\`\`\`text\n${transcript.trimEnd()}\n\`\`\`\n`,
    {
      [folder]: 'instance',
      [`:${receiver.port}`]: ':PORT',
    },
  );
});

/** Usage, the groups that matter, and the end. */
function excerpt(help: string): string {
  const sections = help.split('\n\n');
  const shown = sections.filter((section, index) => {
    const isFrame = index === 0 || index === sections.length - 1;
    return isFrame || GROUPS.has(section.split('\n')[0] ?? '');
  });
  return shown.join('\n\n[...]\n\n');
}

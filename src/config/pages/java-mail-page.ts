// The reference page about smtp-property: every known JavaMail property, and its effect.

import { javaMailProperties } from '../java-mail/java-mail-properties.ts';
import { code, escapeText, NOTICE, table } from './markdown.ts';

export const JAVA_MAIL_PAGE = 'java-mail-properties.md';

/** Returns the page as Markdown. */
export function formatJavaMailPage(): string {
  const sorted = javaMailProperties.toSorted((a, b) =>
    a.name.toLowerCase() < b.name.toLowerCase() ? -1 : 1,
  );
  const honoured = sorted.flatMap((property) => ('problem' in property ? [] : [property]));
  const refused = sorted.flatMap((property) => ('problem' in property ? [property] : []));
  const parts = [
    '# JavaMail properties',
    NOTICE,
    'Values of [smtp-property](mail-server.md#smtp-property) of a mail server. They come after its other properties and ' +
      'win over them. A name that is not on this page is kept and has no effect. The value under a name that says it is ' +
      'a secret (password, secret, token, PIN) is shown as `***` to whoever may not read secrets.',
    '## Honoured',
    table(
      ['Name', 'What it does', 'Allowed values', 'Option of nodemailer'],
      honoured.map(({ name, synopsis, allowed, options }) => [
        code(name),
        escapeText(synopsis),
        escapeText(allowed),
        options.length === 0 ? '–' : options.map(code).join(', '),
      ]),
    ),
    '## Refused',
    'Such a value would not be honoured, so it is refused: the administrator learns it before the mail does not arrive.',
    table(
      ['Name', 'Why', 'What to do'],
      refused.map(({ name, problem, advice }) => [
        code(name),
        escapeText(`It ${problem}.`),
        escapeText(advice),
      ]),
    ),
    'The same names with `mail.smtps.` are refused too: `mail.smtp.` holds for connections with SSL as well.',
  ];
  return `${parts.join('\n\n')}\n`;
}

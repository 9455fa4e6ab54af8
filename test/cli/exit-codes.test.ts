// One table of exit codes: the manual page has all of it, and `plan --detailed-exitcode` exits as Terraform does.

import { describe, expect, it } from 'vitest';
import { describeExitCodes, ExitCode, exitCodeOfError } from '../../src/cli/exit-code.ts';
import { formatManualPage } from '../../src/cli/manual-page.ts';
import { COMMANDS } from '../support/commands.ts';
import { runConfdit } from '../support/confdit-program.ts';

describe('the exit codes', () => {
  it('are in the manual page, in order, each once with all that it means', () => {
    const [, status = ''] = formatManualPage(COMMANDS, '1.2.3').split('.SH EXIT STATUS\n');
    const codes = [...status.matchAll(/^\.TP\n\.B (\d+)\n(.+)$/gm)];
    const expected = [...new Set(Object.values(ExitCode))].toSorted((one, other) => one - other);
    expect(codes.map(([, code]) => Number(code))).toEqual(expected);
    expect(codes.every(([, , meaning = '']) => meaning.endsWith('.'))).toBe(true);
    const two = describeExitCodes().find(([code]) => code === ExitCode.changes)?.[1];
    expect(two).toMatch(/cannot be used.*there are changes to make/);
  });

  it.each([
    [['plan', '--detailed-exitcode', 'x.ldif'], ExitCode.failed],
    [['plan', '--Detailed-ExitCode', 'x.ldif'], ExitCode.failed],
    [['plan', 'x.ldif'], ExitCode.wrongData],
    [['plan', '--', '--detailed-exitcode'], ExitCode.wrongData],
    [['apply', '--detailed-exitcode'], ExitCode.wrongData],
  ])('of an error of %j', (words, code) => {
    expect(exitCodeOfError(ExitCode.wrongData, words)).toBe(code);
  });

  it.each([
    [['/nonexistent/mail.ldif']],
    [[]],
    [['--no-such-option']],
    [['--port', '1', '--bindPassword', 'x', 'config/config.ldif']],
    [['--offline', '--instance', '/nonexistent', 'config/config.ldif']],
  ])('plan --detailed-exitcode %j exits with 1', async (words) => {
    const { code, stderr } = await runConfdit(['plan', '--detailed-exitcode', ...words]);
    expect(code).toBe(1);
    expect(stderr).not.toBe('');
  });
});

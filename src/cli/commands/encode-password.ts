// `confdit encode-password`: a password as it is stored, for files that shall hold no clear text.

import { deriveForCommand } from '../../config/passwords/derivation.ts';
import { passwordProblem } from '../../config/passwords/scrypt-scheme.ts';
import {
  findStored,
  isPrepared,
  parseStored,
  storePassword,
} from '../../config/passwords/stored-password.ts';
import { CommandError, type Invocation, type World } from '../command.ts';
import { ExitCode } from '../exit-code.ts';
import { readFileArgument, readStdinText, whyUnreadable } from '../file-argument.ts';
import { formatJson } from '../output-options.ts';

const BETTER_PASSWORD =
  'Others on this machine can read what --clearPassword gives. Better: --clearPassword:file, --clearPassword:env, or none ' +
  'of them, to type it.\n';

const ALREADY_ENCODED = {
  problem: 'begins with {…}, so it is encoded already',
  advice: 'Give the password itself.',
};

/** Prints a password as it is stored, or compares one with a stored password. */
export async function encodePassword(invocation: Invocation, world: World): Promise<ExitCode> {
  const password = await readPassword(invocation, world);
  const given = invocation.value('encodedPassword');
  if (given === undefined) {
    const problem = isPrepared(password) ? ALREADY_ENCODED : passwordProblem(password);
    if (problem !== undefined) {
      throw new CommandError(
        `The password ${problem.problem}. ${problem.advice}`,
        ExitCode.constraintViolation,
      );
    }
    const stored = await storePassword(password, deriveForCommand);
    world.stdout.write(
      invocation.has('json') ? formatJson({ values: stored }) : stored.map((value) => `${value}\n`).join(''),
    );
    return ExitCode.success;
  }
  if (parseStored(given) === undefined) {
    throw new CommandError(
      'What --encodedPassword gives is not a password as it is stored.',
      ExitCode.wrongData,
    );
  }
  const fits = (await findStored([given], password, deriveForCommand)).length > 0;
  const told = `The password ${fits ? 'fits' : 'does not fit'}.\n`;
  world.stdout.write(invocation.has('json') ? formatJson({ fits }) : told);
  return fits ? ExitCode.success : ExitCode.invalidCredentials;
}

async function readPassword(invocation: Invocation, world: World): Promise<string> {
  const { env, stdin, stderr } = world;
  const given = invocation.value('clearPassword');
  if (given !== undefined) {
    if (stderr.isTTY === true) stderr.write(BETTER_PASSWORD);
    return given;
  }
  const variable = invocation.value('clearPassword:env');
  if (variable !== undefined) {
    const value = env[variable];
    if (value !== undefined) return value;
    // Whoever wrote the password itself here must not find it in a log.
    throw new CommandError(
      'The environment variable that --clearPassword:env names is not set.',
      ExitCode.wrongData,
    );
  }
  const file = invocation.value('clearPassword:file');
  if (file === undefined && stdin.isTTY) stderr.write('Password, then Enter and Ctrl-D (it is shown): ');
  try {
    const text = file === undefined ? await readStdinText(world) : await readFileArgument(file);
    return text.replace(/\r?\n$/, '');
  } catch (error) {
    const what = file === undefined ? 'Standard input' : 'The file that --clearPassword:file names';
    throw new CommandError(`${what} ${whyUnreadable(error)}.`, ExitCode.wrongData, { cause: error });
  }
}

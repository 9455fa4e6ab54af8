// Two extended operations of our own: what is different between two states of the configuration, and back to one of
// them. Requests and answers are JSON, so that ldapexop and a few lines of script can use them.
//
//   differences  {"from":17,"to":42}                              ->  {"from":17,"to":42,"ldif":"…"}
//   rollback     {"to":17,"expected":42,"trial":true}             ->  {"from":42,"number":43,"notes":[],"ldif":"…"}
//
// `to` of differences may be left out for the present state; `number` is missing when nothing was changed. Where an answer has no
// room for all changes of a rollback, `omitted` is the number of the others; a note, and a comment at the end of `ldif`, say so.

import { setImmediate } from 'node:timers/promises';
import { formatChange } from '../../codec/ldif-writer.ts';
import type { HeldOctets } from '../../directory/octet-budget.ts';
import type { Change } from '../../ldap/change.ts';
import { LdapError } from '../../ldap/ldap-error.ts';
import { octetsFromText, textFromOctets } from '../../ldap/octets.ts';
import { type Answer, SUCCESS } from '../answer.ts';
import type { Operation, Services } from '../operation.ts';
import type { ExtendedRequest } from './extended-request.ts';

/** An answer holds no more than this. */
const LDIF_CHARACTERS_MAX = 8 * 1024 * 1024;
/** Maximum number of changes of a rollback: it is checked in one piece, and everybody waits for that. */
const ROLLBACK_CHANGES_MAX = 10_000;
/** How often an answer is there on its way from records to one text, to JSON, to octets, to a message. */
const ANSWER_FACTOR = 6;
/** Changes written before others have their turn. */
const CHANGES_PER_TURN = 256;

/** Answers with the differences between two states as LDIF in JSON. Rejects with LdapError. */
export async function differences(
  request: ExtendedRequest,
  { requester, held }: Operation,
  { history }: Services,
): Promise<Answer> {
  const asked = readRequest(request);
  const from = numberOf(asked, 'from') ?? required('from');
  const to = numberOf(asked, 'to') ?? history.lastNumber;
  const ldif = await formatAll(await history.differences(from, to, requester, held), held);
  return answer({ from, to, ldif });
}

/** Goes back to an earlier state, or tries it. Answers in JSON. Rejects with LdapError. */
export async function rollback(
  request: ExtendedRequest,
  { requester, held }: Operation,
  { history }: Services,
): Promise<Answer> {
  const asked = readRequest(request);
  const to = numberOf(asked, 'to') ?? required('to');
  const isTrial = asked.trial === true;
  const { from, number, notes, changes } = await history.rollBack(
    { to, expected: numberOf(asked, 'expected'), isTrial, changesMax: ROLLBACK_CHANGES_MAX },
    requester,
    held,
  );
  const { records, refusal } = await formatRecords(changes, held);
  const ldif = records.join('\n');
  if (refusal === undefined) return answer({ from, number, notes, ldif });
  // What is done is done, however much of it an answer can show.
  const note =
    `This answer has room for ${records.length} of ${changes.length} changes. All of them: ` +
    `confdit diff ${from} ${to} --offline, on the machine of the server.`;
  const omitted = changes.length - records.length;
  return answer({ from, number, notes: [...notes, note], ldif: `${ldif}\n# ${note}\n`, omitted });
}

function answer(value: object): Answer {
  return { ...SUCCESS, value: textFromOctets(Buffer.from(JSON.stringify(value))) };
}

function readRequest({ value = '' }: ExtendedRequest): Readonly<Record<string, unknown>> {
  try {
    const read: unknown = JSON.parse(Buffer.from(octetsFromText(value)).toString('utf8'));
    if (typeof read === 'object' && read !== null) return { ...read };
  } catch {
    // Told below, like everything else that is no object.
  }
  throw new LdapError('protocolError', 'The value of the request must be a JSON object.');
}

function numberOf(asked: Readonly<Record<string, unknown>>, name: string): number | undefined {
  const value = asked[name];
  if (value === undefined) return undefined;
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value;
  throw new LdapError('protocolError', `"${name}" must be the number of a change.`);
}

function required(name: string): never {
  throw new LdapError('protocolError', `The request must have "${name}", the number of a change.`);
}

async function formatAll(changes: readonly Change[], held: HeldOctets): Promise<string> {
  const { records, refusal } = await formatRecords(changes, held);
  if (refusal !== undefined) throw refusal;
  return records.join('\n');
}

/** Returns the records that an answer has room for, and what refuses it where those are not all. */
async function formatRecords(
  changes: readonly Change[],
  held: HeldOctets,
): Promise<{ readonly records: readonly string[]; readonly refusal: LdapError | undefined }> {
  const records: string[] = [];
  let characters = 0;
  for (const [index, change] of changes.entries()) {
    if (index % CHANGES_PER_TURN === 0) await setImmediate();
    const record = formatChange(change);
    characters += record.length;
    if (characters > LDIF_CHARACTERS_MAX) return { records, refusal: tooLarge() };
    try {
      held.take(ANSWER_FACTOR * record.length);
    } catch (error) {
      if (error instanceof LdapError) return { records, refusal: error };
      throw error;
    }
    records.push(record);
  }
  return { records, refusal: undefined };
}

function tooLarge(): LdapError {
  return new LdapError(
    'adminLimitExceeded',
    `The difference is larger than the ${LDIF_CHARACTERS_MAX} characters that an answer may have. ` +
      'Use confdit diff with --offline on the machine of the server.',
  );
}

// Transactions (RFC 5805): start, and end by commit or abort. What comes in between is collected by the changes
// themselves. A commit is one commit of the backend: all of it is stored, or nothing. With the no-op control the end is a
// trial: everything is checked and prepared, and nothing is stored.

import type { ChangeOutcome } from '../../backend/backend.ts';
import { ChangeRefused } from '../../backend/change-refused.ts';
import { readEndTransaction, writeTransactionResult } from '../../codec/extended-value.ts';
import type { HeldOctets } from '../../directory/octet-budget.ts';
import { ResultCode } from '../../ldap/result-code.ts';
import { requireWrite } from '../access.ts';
import { type Answer, SUCCESS } from '../answer.ts';
import type { RequestControls } from '../controls/request-controls.ts';
import type { Operation, Services } from '../operation.ts';
import { readEntryControls } from './change.ts';
import { type ExtendedRequest, requireNoValue } from './extended-request.ts';

const POSSIBLE = 'The changes are possible. Nothing was changed, as the no-op control asks for.';

/** Starts a transaction (RFC 5805 §2.1). Answers with its identifier. */
export function startTransaction(request: ExtendedRequest, { session, requester }: Operation): Answer {
  requireNoValue(request, 'The start of a transaction');
  return { ...SUCCESS, value: session.transactions.start(requester) };
}

/** Commits or aborts a transaction (RFC 5805 §2.3). Rejects with LdapError. */
export async function endTransaction(
  { value }: ExtendedRequest,
  { session, held }: Operation,
  _: Services,
  { noOp }: RequestControls,
): Promise<Answer> {
  const { isCommit, id } = readEndTransaction(value);
  const { requester, changes, held: collected } = session.transactions.end(id);
  const [first] = changes;
  try {
    if (!isCommit || first === undefined) return SUCCESS;
    requireWrite(first.backend, requester);
    const messageIds = changes.map(({ messageId }) => messageId);
    const isTrial = noOp?.value === true;
    const steps = changes.map(({ step: { change, options } }) => ({
      change,
      options: { ...options, noOp: isTrial },
    }));
    try {
      const outcomes = await first.backend.changeAll(steps, requester, session.writeOrder);
      return isTrial ? possible(outcomes) : committed(outcomes, messageIds, held);
    } catch (error) {
      if (!(error instanceof ChangeRefused)) throw error;
      return refused(error, messageIds);
    }
  } finally {
    collected.release();
  }
}

function committed(
  outcomes: readonly ChangeOutcome[],
  messageIds: readonly number[],
  held: HeldOctets,
): Answer {
  const controls = outcomes.flatMap((outcome, index) => {
    const own = readEntryControls(outcome, held);
    return own.length === 0 ? [] : [{ messageId: messageIds[index] ?? 0, controls: own }];
  });
  const diagnosticMessage = outcomes.flatMap(({ notes }) => notes).join('\n');
  if (controls.length === 0) return { ...SUCCESS, diagnosticMessage };
  const value = writeTransactionResult({ failedMessageId: undefined, controls });
  return { ...SUCCESS, diagnosticMessage, value };
}

/**
 * Answers a transaction that is not to be done. What would still have to be done comes first; the last line says that
 * nothing was done.
 */
function possible(outcomes: readonly ChangeOutcome[]): Answer {
  const notes = outcomes.flatMap((outcome) => outcome.notes);
  const diagnosticMessage = [...notes, POSSIBLE].join('\n');
  return { ...SUCCESS, code: ResultCode.noOperation, diagnosticMessage };
}

function refused({ refusal, index }: ChangeRefused, messageIds: readonly number[]): Answer {
  const failedMessageId = messageIds[index];
  return {
    ...SUCCESS,
    code: refusal.code,
    matchedDn: refusal.matchedDn ?? '',
    diagnosticMessage: refusal.message,
    value: writeTransactionResult({ failedMessageId, controls: [] }),
  };
}

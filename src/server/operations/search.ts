// Search (RFC 4511 §4.5). What is found is sent as it is found: when the client does not keep up, or the search
// has had its turn, the rest waits.

import type { Backend, Search } from '../../backend/backend.ts';
import type { NamingContexts } from '../../backend/naming-contexts.ts';
import type { Entry } from '../../ldap/entry.ts';
import { LdapError } from '../../ldap/ldap-error.ts';
import { type SearchRequest, SearchScope } from '../../ldap/message.ts';
import { ResultCode } from '../../ldap/result-code.ts';
import { mayRead, requireRead } from '../access.ts';
import type { ConnectionLimits } from '../limits.ts';
import { type Answer, type Operation, SUCCESS } from '../operation.ts';

/** Entries looked at between two looks at the clock. */
const STEPS_PER_LOOK = 64;
/** One search works so long, then others have their turn. */
const TURN_MS = 4;

interface Deadline {
  readonly entriesMax: number;
  readonly endsAt: number;
}

export function search(
  request: SearchRequest,
  operation: Operation,
  contexts: NamingContexts,
  keyOf: (dn: string) => string,
  limits: ConnectionLimits,
): Answer | Promise<Answer> {
  const found = find(request, operation, contexts, keyOf);
  const seconds = lowerLimit(request.timeLimit, limits.searchSecondsMax);
  const deadline = {
    entriesMax: lowerLimit(request.sizeLimit, limits.entriesMax),
    endsAt: performance.now() + seconds * 1000,
  };
  const entries = request.typesOnly ? withoutValues(found) : found;
  return new EntrySender(entries[Symbol.iterator](), operation, deadline).start();
}

/** 0 in a request means no limit of the client's own. */
function lowerLimit(asked: number, allowed: number): number {
  return asked === 0 ? allowed : Math.min(asked, allowed);
}

function find(
  request: SearchRequest,
  operation: Operation,
  contexts: NamingContexts,
  keyOf: (dn: string) => string,
): Iterable<Entry | undefined> {
  const { base, scope, filter, attributes } = request;
  const { requester } = operation.session;
  const baseKey = keyOf(base);
  const query: Search = { base, baseKey, scope, filter, selectors: attributes, requester };
  if (baseKey === '' && scope !== SearchScope.baseObject) return everywhere(query, contexts);
  const backend = contexts.find(baseKey);
  if (backend === undefined) {
    throw new LdapError(
      'noSuchObject',
      `${base}: there is no such entry, and no suffix above it. The root DSE lists the namingContexts.`,
    );
  }
  requireRead(backend, requester);
  return backend.search(query);
}

/** Below the root are the suffixes the requester may read. */
function* everywhere(query: Search, contexts: NamingContexts): Generator<Entry | undefined> {
  const scope = query.scope === SearchScope.singleLevel ? SearchScope.baseObject : SearchScope.wholeSubtree;
  for (const backend of contexts) {
    if (!mayRead(backend, query.requester) || !isBelowRoot(backend)) continue;
    yield* backend.search({ ...query, base: backend.baseDn.toString(), baseKey: backend.baseKey, scope });
  }
}

function isBelowRoot(backend: Backend): boolean {
  return backend.baseKey !== '';
}

function* withoutValues(entries: Iterable<Entry | undefined>): Generator<Entry | undefined> {
  for (const entry of entries) yield entry === undefined ? undefined : entry.withoutValues();
}

class EntrySender {
  readonly #entries: Iterator<Entry | undefined>;
  readonly #operation: Operation;
  readonly #deadline: Deadline;
  #sent = 0;

  constructor(entries: Iterator<Entry | undefined>, operation: Operation, deadline: Deadline) {
    this.#entries = entries;
    this.#operation = operation;
    this.#deadline = deadline;
  }

  /** Most searches end in their first turn and are answered at once. */
  start(): Answer | Promise<Answer> {
    return this.#turn(performance.now() + TURN_MS) ?? this.#goOn();
  }

  async #goOn(): Promise<Answer> {
    const { connection } = this.#operation;
    for (;;) {
      await connection.congestion;
      await nextTurn();
      if (this.#operation.isAbandoned || !connection.isOpen) {
        this.#entries.return?.();
        return this.#end(ResultCode.canceled, 'The search was abandoned.');
      }
      let answer: Answer | undefined;
      connection.together(() => {
        answer = this.#turn(performance.now() + TURN_MS);
      });
      if (answer !== undefined) return answer;
    }
  }

  /** Sends until all is sent, a limit is reached, the turn is over or the client is behind. */
  #turn(turnEndsAt: number): Answer | undefined {
    const { connection } = this.#operation;
    for (let step = 1; ; step++) {
      const { value: entry, done } = this.#entries.next();
      if (done === true) return this.#end(ResultCode.success, '');
      if (entry !== undefined) {
        if (this.#sent === this.#deadline.entriesMax) return this.#tooMany();
        this.#operation.send({ type: 'searchResultEntry', entry });
        this.#sent += 1;
      }
      if (entry !== undefined && step % STEPS_PER_LOOK !== 0) continue;
      const now = performance.now();
      if (now >= this.#deadline.endsAt)
        return this.#end(ResultCode.timeLimitExceeded, 'The search took too long.');
      if (now >= turnEndsAt || connection.congestion !== undefined) return undefined;
    }
  }

  #tooMany(): Answer {
    this.#entries.return?.();
    return this.#end(
      ResultCode.sizeLimitExceeded,
      `There are more entries than the ${this.#deadline.entriesMax} allowed.`,
    );
  }

  #end(code: ResultCode, diagnosticMessage: string): Answer {
    return { ...SUCCESS, code, diagnosticMessage, entries: this.#sent };
  }
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

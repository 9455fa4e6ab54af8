// The transactions of one connection (RFC 5805): changes that are collected, to be made together or not at all.

import { randomUUID } from 'node:crypto';
import type { Backend, ChangeStep, Requester } from '../backend/backend.ts';
import { octetsOfChange } from '../directory/kept-octets.ts';
import type { HeldOctets, OctetBudget } from '../directory/octet-budget.ts';
import type { Attribute } from '../ldap/entry.ts';
import { LdapError } from '../ldap/ldap-error.ts';
import { ResultCode } from '../ldap/result-code.ts';
import type { ClientConnection } from './client-connection.ts';
import { abortedTransactionNotice } from './unsolicited-notification.ts';

/** A change that waits for the end of its transaction. */
interface CollectedChange {
  /** Of the request that asked for it. */
  readonly messageId: number;
  readonly backend: Backend;
  readonly step: ChangeStep;
}

/** Transactions open at a time on one connection. */
const OPEN_MAX = 4;
/** Changes in one transaction, and about how many octets they may have. */
const CHANGES_MAX = 10_000;
const OCTETS_MAX = 16 * 1024 * 1024;

class Transaction {
  readonly id: string;
  readonly requester: Requester;
  readonly changes: CollectedChange[] = [];
  /** Memory of the changes, held until the transaction has ended. */
  readonly held: HeldOctets;
  octets = 0;

  constructor(id: string, requester: Requester, held: HeldOctets) {
    this.id = id;
    this.requester = requester;
    this.held = held;
  }
}

export class Transactions {
  readonly #connection: ClientConnection;
  readonly #budget: OctetBudget;
  readonly #open = new Map<string, Transaction>();

  constructor(connection: ClientConnection, budget: OctetBudget) {
    this.#connection = connection;
    this.#budget = budget;
  }

  /** Returns the identifier. Throws adminLimitExceeded. */
  start(requester: Requester): string {
    if (this.#open.size >= OPEN_MAX) {
      throw new LdapError(
        'adminLimitExceeded',
        `A connection may have ${OPEN_MAX} open transactions. End one.`,
      );
    }
    const id = randomUUID();
    this.#open.set(id, new Transaction(id, requester, this.#budget.hold()));
    return id;
  }

  /** Throws what refuses the change; one too many ends the transaction with a notice. */
  collect(id: string, requester: Requester, change: CollectedChange): void {
    const transaction = this.#get(id);
    if (transaction.requester.dn !== requester.dn) {
      throw new LdapError('unwillingToPerform', 'All changes of a transaction are made by who started it.');
    }
    const [first] = transaction.changes;
    if (first !== undefined && first.backend !== change.backend) {
      throw new LdapError(
        'affectsMultipleDsas',
        `The changes of a transaction are all under one suffix, here ${first.backend.baseDn}.`,
      );
    }
    transaction.octets += octetsOf(change.step);
    if (transaction.changes.length >= CHANGES_MAX || transaction.octets > OCTETS_MAX) {
      const reason = `A transaction may have ${CHANGES_MAX} changes and ${OCTETS_MAX} octets.`;
      this.#abort(transaction, ResultCode.adminLimitExceeded, reason);
      throw new LdapError('adminLimitExceeded', `${reason} It was aborted.`);
    }
    this.#hold(transaction, octetsOfChange(change.step.change));
    transaction.changes.push(change);
  }

  #hold(transaction: Transaction, octets: number): void {
    try {
      transaction.held.take(octets);
    } catch (error) {
      if (error instanceof LdapError) this.#abort(transaction, error.code, error.message);
      throw error;
    }
  }

  /** The transaction is over, whatever becomes of its changes; who makes them releases what they hold. */
  end(id: string): Pick<Transaction, 'requester' | 'changes' | 'held'> {
    const transaction = this.#get(id);
    this.#open.delete(id);
    return transaction;
  }

  /** Forgets all of them and tells the client (RFC 5805 §2.4). */
  abortAll(reason: string): void {
    for (const transaction of [...this.#open.values()]) this.#abort(transaction, ResultCode.canceled, reason);
  }

  clear(): void {
    for (const { held } of this.#open.values()) held.release();
    this.#open.clear();
  }

  #get(id: string): Transaction {
    const transaction = this.#open.get(id);
    if (transaction !== undefined) return transaction;
    throw new LdapError(
      'unwillingToPerform',
      'There is no open transaction with this identifier on this connection. Start one first.',
    );
  }

  #abort({ id, held }: Transaction, code: ResultCode, diagnosticMessage: string): void {
    this.#open.delete(id);
    held.release();
    this.#connection.send(abortedTransactionNotice(id, code, diagnosticMessage));
  }
}

function octetsOf({ change }: ChangeStep): number {
  switch (change.type) {
    case 'add':
      return change.entry.attributes.reduce((sum, attribute) => sum + octetsOfAttribute(attribute), 0);
    case 'modify':
      return change.modifications.reduce((sum, { attribute }) => sum + octetsOfAttribute(attribute), 0);
    default:
      return 0;
  }
}

function octetsOfAttribute({ description, values }: Attribute): number {
  return values.reduce((sum, value) => sum + value.length, description.length);
}

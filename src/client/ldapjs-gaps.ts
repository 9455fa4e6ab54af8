// What ldapjs 3 or its types lack and this room needs: a bind by SASL EXTERNAL (RFC 4422 appendix A), the control of a
// search that goes on, the words of a refusal, and filters: of one in text it sends the escapes beside an umlaut as they are.

import ldapjs from 'ldapjs';

const LDAP_VERSION = 3;
const OCTET_STRING = 0x04;
const BIND_REQUEST = 0x60;
const SASL_CREDENTIALS = 0xa3;

/** A client with what its types leave out. */
export type WireClient = ldapjs.Client & {
  readonly urls: { hostname: string }[];
  _send(
    request: object,
    expected: readonly number[],
    emitter: null,
    answer: (error: Error | null) => void,
  ): void;
};

const untyped = ldapjs as typeof ldapjs & {
  readonly BindRequest: new (options: { name: string }) => object;
  readonly PersistentSearchControl: new (options: { criticality: boolean; value: object }) => ldapjs.Control;
};

interface BerSequenceWriter {
  startSequence(tag: number): void;
  endSequence(): void;
  writeInt(value: number): void;
  writeString(text: string, tag: number): void;
}

/** Assertion failed (RFC 4528 §4), and what stands for it and for others that ldapjs ends the process on. */
const ASSERTION_FAILED = 122;
const CONSTRAINT_VIOLATION = 19;
const OTHER = 80;

/**
 * ldapjs makes its errors of `errorMessage`, a name that its results have given up for `diagnosticMessage`: without the
 * old name a refusal would come without the server's words. And it makes none of a code that it has no name for, but
 * throws where nobody can catch it: such a code becomes one that it knows.
 */
export function mendResults(): void {
  const { prototype } = ldapjs.LDAPResult;
  if ('errorMessage' in prototype) return;
  Object.defineProperty(prototype, 'errorMessage', {
    get(this: { readonly diagnosticMessage: string }) {
      return this.diagnosticMessage;
    },
  });
  const status = Object.getOwnPropertyDescriptor(prototype, 'status');
  const named = new Set<unknown>(
    Object.entries<unknown>(ldapjs).flatMap(([name, code]) => (/^LDAP_/.test(name) ? [code] : [])),
  );
  Object.defineProperty(prototype, 'status', {
    ...status,
    get(this: ldapjs.LDAPResult): number {
      const code: number = status?.get?.call(this);
      if (named.has(code)) return code;
      return code === ASSERTION_FAILED ? CONSTRAINT_VIOLATION : OTHER;
    },
  });
}

/** ldapjs has simple binds only. This one leaves it to the server who it is (RFC 4511 §4.2). */
export function externalBind(): object {
  return Object.assign(new untyped.BindRequest({ name: '' }), {
    _toBer(writer: BerSequenceWriter) {
      writer.startSequence(BIND_REQUEST);
      writer.writeInt(LDAP_VERSION);
      writer.writeString('', OCTET_STRING);
      writer.startSequence(SASL_CREDENTIALS);
      writer.writeString('EXTERNAL', OCTET_STRING);
      writer.endSequence();
      writer.endSequence();
      return writer;
    },
  });
}

/** Adding, deleting, modifying and renaming (draft-ietf-ldapext-psearch-03 §3). */
const ALL_CHANGES = 15;

/**
 * What is there comes first, then what changes. Notifications are not asked for: ldapjs takes the change type in them for
 * an INTEGER, which it is not, and drops the connection.
 */
export function persistentSearch(): ldapjs.Control {
  const value = { changeTypes: ALL_CHANGES, changesOnly: false, returnECs: false };
  return new untyped.PersistentSearchControl({ criticality: true, value });
}

export type Filter = ldapjs.EqualityFilter | ldapjs.AndFilter | ldapjs.OrFilter;

export function equals(attribute: string, value: string): Filter {
  return new ldapjs.EqualityFilter({ attribute, value });
}

export function allOf(...filters: Filter[]): Filter {
  return new ldapjs.AndFilter({ filters });
}

export function anyOf(...filters: Filter[]): Filter {
  return new ldapjs.OrFilter({ filters });
}

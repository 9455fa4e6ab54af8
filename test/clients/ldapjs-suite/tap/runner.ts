// Stands in for the test runner that ldapjs's own tests are written for: the few calls they make, on node:test. Its
// process ends with 1 when a test has failed.

import assert from 'node:assert/strict';
import { after, before, test as nodeTest } from 'node:test';

export { after as teardown, before };

/** What a test is given. */
interface Tester {
  plan(count: number): void;
  end(): void;
  error(error: unknown): void;
  pass(): void;
  ok(value: unknown, message?: string): void;
  equal(value: unknown, wanted: unknown, message?: string): void;
  type(value: unknown, kind: new () => unknown): void;
  match(value: object, pattern: object): void;
}

export function test(name: string, body: (tester: Tester) => void): void {
  nodeTest(name, () => new Promise<void>((resolve, reject) => body(testerOf(resolve, reject))));
}

function testerOf(resolve: () => void, reject: (error: unknown) => void): Tester {
  let planned: number | undefined;
  let made = 0;
  const check = (assertion: () => void) => {
    try {
      assertion();
    } catch (error) {
      reject(error);
      return;
    }
    made += 1;
    if (made === planned) resolve();
  };
  return {
    plan: (count) => {
      planned = count;
    },
    // With a plan the end is when all has been asserted.
    end: () => {
      if (planned === undefined) resolve();
    },
    error: (error) => check(() => assert.ifError(error)),
    pass: () => check(() => {}),
    ok: (value, message) => check(() => assert.ok(value, message)),
    equal: (value, wanted, message) => check(() => assert.equal(value, wanted, message)),
    type: (value, kind) => check(() => assert.ok(value instanceof kind)),
    match: (value, pattern) => check(() => assert.partialDeepStrictEqual(value, pattern)),
  };
}

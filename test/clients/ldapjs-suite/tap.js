// Stands in for the test runner that ldapjs's own tests are written for: the few calls they make, on node:test. Prints
// TAP as node:test does, and its process ends with 1 when a test has failed.

import assert from 'node:assert/strict';
import { after, before, test as nodeTest } from 'node:test';

export { after as teardown, before };

export function test(name, body) {
  nodeTest(name, () => {
    return new Promise((resolve, reject) => {
      let planned;
      let made = 0;
      const check = (assertion) => {
        try {
          assertion();
        } catch (error) {
          return reject(error);
        }
        made += 1;
        if (made === planned) resolve();
      };
      body({
        plan: (count) => {
          planned = count;
        },
        // With a plan the end is when all has been asserted.
        end: () => (planned === undefined ? resolve() : undefined),
        error: (error) => check(() => assert.ifError(error)),
        pass: () => check(() => {}),
        ok: (value, message) => check(() => assert.ok(value, message)),
        equal: (value, wanted, message) => check(() => assert.equal(value, wanted, message)),
        type: (value, kind) => check(() => assert.ok(value instanceof kind)),
        match: (value, pattern) => check(() => assert.partialDeepStrictEqual(value, pattern)),
      });
    });
  });
}

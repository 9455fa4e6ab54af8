// Cases for the rules about getters.

import { code, type RuleCase } from './rule-case.ts';

export const getterCases: readonly RuleCase[] = [
  {
    rule: 'a getter is not destructured by a function that waits',
    what: 'getters of classes, unless the name is also a field or a value, or nobody waits',
    files: {
      'src/server/a.ts': code(
        'export class A {',
        '  state = 1;',
        '  get isBusy() { return true; }',
        '  get state2() { return true; }',
        '}',
      ),
      'src/server/b.ts': code(
        'const state2 = { state2: true };',
        'async function one({ isBusy }: A) { await later(); return isBusy; }',
        'async function two(a: A) { await later(); const { isBusy } = a; return isBusy; }',
        'async function three({ isBusy }: A) { return () => async () => await later(); }',
        'async function four({ state, state2 }: A) { await later(); }',
        'const five = async (a: A) => { const { isBusy: busy } = a; await later(); };',
      ),
    },
    expected: [
      'src/server/b.ts:3 destructures the getter isBusy and waits; read it where it is needed',
      'src/server/b.ts:7 destructures the getter isBusy and waits; read it where it is needed',
    ],
  },
  {
    rule: 'a getter of an object without a class',
    what: 'such getters, but not what is passed on, nor those of classes',
    files: {
      'src/server/a.ts': code(
        'export const facts = {',
        '  get setAt() { const text = entry.first(NAME); return parseTime(text); },',
        '  get failure() { return store.failure; },',
        '  get soon() { return inTime(1); },',
        '};',
        'class B { get isBusy() { return this.load() > 1; } }',
      ),
    },
    expected: [
      'src/server/a.ts:3 has the getter setAt in an object, which computes; make it a function',
      'src/server/a.ts:5 has the getter soon in an object, which computes; make it a function',
    ],
  },
];

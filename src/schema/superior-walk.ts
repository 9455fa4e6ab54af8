// Sorts definitions so that superiors come first, and finds circles. Uses its own stack, so that a long chain
// cannot overflow the call stack.

import type { PlacedDefinition } from './definition-table.ts';

export interface SuperiorWalk {
  /** Definitions, superiors first, without the members of circles. */
  readonly order: readonly PlacedDefinition[];
  readonly inCircles: readonly PlacedDefinition[];
}

/** Sorts definitions by their superiors. `find` returns the definition with a name, or undefined. */
export function walkSuperiors(
  all: readonly PlacedDefinition[],
  find: (name: string) => PlacedDefinition | undefined,
): SuperiorWalk {
  const waiting = new Map<PlacedDefinition, number>();
  const inferiors = new Map<PlacedDefinition, PlacedDefinition[]>();
  for (const placed of all) {
    const superiors = (placed.definition.fields.get('SUP') ?? [])
      .map(find)
      .filter((found) => found !== undefined);
    waiting.set(placed, superiors.length);
    for (const superior of superiors) {
      const list = inferiors.get(superior);
      if (list === undefined) inferiors.set(superior, [placed]);
      else list.push(placed);
    }
  }
  const order = all.filter((placed) => waiting.get(placed) === 0);
  for (let index = 0; index < order.length; index++) {
    const superior = order[index];
    for (const inferior of superior === undefined ? [] : (inferiors.get(superior) ?? [])) {
      const left = (waiting.get(inferior) ?? 0) - 1;
      waiting.set(inferior, left);
      if (left === 0) order.push(inferior);
    }
  }
  const reached = new Set(order);
  return { order, inCircles: all.filter((placed) => !reached.has(placed)) };
}

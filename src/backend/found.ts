// What a search finds, changed on the way; a result that is there as a whole stays so.

export function mapFound<One, Result>(
  found: Iterable<One | undefined>,
  map: (one: One) => Result,
): Iterable<Result | undefined> {
  if (Array.isArray(found))
    return found.map((one: One | undefined) => (one === undefined ? undefined : map(one)));
  return mapLazily(found, map);
}

function* mapLazily<One, Result>(
  found: Iterable<One | undefined>,
  map: (one: One) => Result,
): Generator<Result | undefined> {
  for (const one of found) yield one === undefined ? undefined : map(one);
}

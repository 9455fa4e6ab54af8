// File name patterns: `*` matches any characters, `?` matches one. The time is at most proportional to the
// product of both lengths.

/** Returns true if the file name matches the pattern. */
export function matchesFileName(pattern: string, name: string): boolean {
  let at = 0;
  let star = -1;
  let retryAt = 0;
  let index = 0;
  while (index < name.length) {
    if (pattern[at] === '*') {
      star = at;
      at += 1;
      retryAt = index;
    } else if (pattern[at] === '?' || pattern[at] === name[index]) {
      at += 1;
      index += 1;
    } else if (star >= 0) {
      // Lets the last star match one character more.
      at = star + 1;
      retryAt += 1;
      index = retryAt;
    } else {
      return false;
    }
  }
  while (pattern[at] === '*') at += 1;
  return at === pattern.length;
}

// File descriptors of this process, where the system reports them (Linux).

import { closeSync, openSync, readdirSync, readFileSync } from 'node:fs';
import { errorCode } from './file-error.ts';

const RESERVED = 8;

/** Counts open descriptors and their limit. Returns `exhausted` if none is left to count with; undefined outside Linux. */
export function countDescriptors():
  | { readonly open: number; readonly limit: number }
  | 'exhausted'
  | undefined {
  try {
    const limits = readFileSync('/proc/self/limits', 'utf8');
    const limit = Number(/^Max open files\s+(\d+)/m.exec(limits)?.[1] ?? Number.POSITIVE_INFINITY);
    // One of them is that of the folder itself.
    return { open: readdirSync('/proc/self/fd').length - 1, limit };
  } catch (error) {
    const code = errorCode(error);
    return code === 'EMFILE' || code === 'ENFILE' ? 'exhausted' : undefined;
  }
}

/** Opens a few descriptors to keep in reserve. Returns the function that closes them. */
export function reserveDescriptors(): () => void {
  const descriptors: number[] = [];
  try {
    for (let count = 0; count < RESERVED; count++) descriptors.push(openSync('/dev/null', 'r'));
  } catch {
    // Fewer than wanted: as many as the limit allows.
  }
  return () => {
    for (const descriptor of descriptors.splice(0)) closeSync(descriptor);
  };
}

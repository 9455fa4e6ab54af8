// File descriptors of this process, where the system tells of them (Linux).

import { closeSync, openSync, readdirSync, readFileSync } from 'node:fs';
import { errorCode } from './file-error.ts';

const RESERVED = 8;

/** How many are open, and how many may be; `exhausted` when none is left to find out. Undefined elsewhere than on Linux. */
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

/** Opens a few descriptors, so that closing them leaves room; returns how to close them. */
export function reserveDescriptors(): () => void {
  const descriptors: number[] = [];
  try {
    for (let count = 0; count < RESERVED; count++) descriptors.push(openSync('/dev/null', 'r'));
  } catch {
    // As many as there are.
  }
  return () => {
    for (const descriptor of descriptors.splice(0)) closeSync(descriptor);
  };
}

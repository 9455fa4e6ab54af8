// The line of an export that has the data key of its encrypted values, wrapped by the master key. Whoever has that master key
// can import the file; nobody else can.

import { type DataKey, type DataKeys, type MasterKey, unwrapKey, wrapKey } from './data-keys.ts';

const LINE = /^# data-key ([0-9a-f]{8}) master-key ([0-9a-f]{16}) ([A-Za-z0-9+/]{80})\r?$/gm;

/** A data key as a line of an export has it. */
export interface ExportedKey {
  readonly id: string;
  /** Id of the master key that opens it. */
  readonly master: string;
  readonly wrapped: string;
}

/** Returns the comment with the current data key, with its line end. */
export function formatExportedKey({ current }: DataKeys, master: MasterKey): string {
  return `# data-key ${current.id} master-key ${master.id} ${wrapKey(current, master)}\n`;
}

/** Returns the keys that the text of a file has. */
export function parseExportedKeys(text: string): ExportedKey[] {
  return Array.from(text.matchAll(LINE), ([, id = '', master = '', wrapped = '']) => ({
    id,
    master,
    wrapped,
  }));
}

/** Opens a key. Returns undefined if another master key is needed. Throws StoreError if the line is damaged. */
export function openExportedKey(
  { id, master: needed, wrapped }: ExportedKey,
  master: MasterKey,
  path: string,
): DataKey | undefined {
  return needed === master.id ? unwrapKey({ id, wrapped }, master, path) : undefined;
}

// A file or folder with keys or certificates that cannot be used: one sentence for administrators, without secrets.

export class TrustError extends Error {}

/** `there is no such file`, for the errors that files give most. */
export function reasonOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'ENOENT') return 'there is none at this path';
  if (code === 'EACCES') return 'this server may not read it';
  if (code === 'ENOTDIR') return 'a part of this path is no folder';
  return error instanceof Error ? error.message : String(error);
}

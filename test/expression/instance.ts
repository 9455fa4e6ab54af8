// A folder to open sources from: files by their path, gone when the test is over.

import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { Definition } from '../../src/expression/definition.ts';
import { formatProblem } from '../../src/expression/problem.ts';
import { type ResolveOptions, resolve } from '../../src/expression/resolve.ts';
import { Sources } from '../../src/expression/sources.ts';
import { SourcesError } from '../../src/expression/sources-error.ts';
import { removeFolder } from '../support/folders.ts';

export interface Setting {
  readonly files?: Readonly<Record<string, string | Uint8Array>>;
  readonly environment?: Readonly<Record<string, string>>;
  readonly definitions?: readonly Definition[];
}

export function makeInstance(files: Readonly<Record<string, string | Uint8Array>> = {}): string {
  const folder = mkdtempSync(join(tmpdir(), 'confdit-expression-'));
  onTestFinished(() => removeFolder(folder));
  for (const [path, content] of Object.entries(files)) {
    const absolute = join(folder, path);
    mkdirSync(dirname(absolute), { recursive: true });
    writeFileSync(absolute, content);
  }
  return folder;
}

export function openSources({ files, environment = {}, definitions = [] }: Setting): Promise<Sources> {
  return Sources.open({ environment, definitions, instanceFolder: makeInstance(files) });
}

/** The problems that keep the sources from opening. */
export async function openingProblems(setting: Setting): Promise<readonly string[]> {
  const error: unknown = await openSources(setting).catch((reason: unknown) => reason);
  if (!(error instanceof SourcesError)) throw new Error('the sources opened');
  return error.problems;
}

/** The values; problems as an error, so that a test shows them. */
export function values(text: string, sources: Sources, options?: ResolveOptions): readonly string[] {
  const resolution = resolve(text, sources, options);
  if (!resolution.resolved) throw new Error(resolution.problems.map(formatProblem).join('\n'));
  return resolution.values;
}

export function problems(text: string, sources: Sources, options?: ResolveOptions): readonly string[] {
  return resolve(text, sources, options).problems.map(formatProblem);
}

// A server without a cluster loads nothing of it, nor of the client of etcd.

import { mkdtemp, readdir, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { removeFolder } from '../support/folders.ts';
import { startServer } from '../support/start-server.ts';

it('a server without a cluster loads no file of src/cluster/ and src/etcd/', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'confdit-loaded-'));
  try {
    // The report of what was executed names all files that were loaded.
    const server = await startServer({ isFromSource: true, environment: { NODE_V8_COVERAGE: folder } });
    await server.stop();
    const reports = await Promise.all(
      (await readdir(folder)).map((name) => readFile(join(folder, name), 'utf8')),
    );
    const loaded = new Set(reports.join().match(/\/src\/[a-z-]+\//g));
    expect([...loaded]).toContain('/src/store/');
    expect([...loaded]).not.toContain('/src/cluster/');
    expect([...loaded]).not.toContain('/src/etcd/');
  } finally {
    await removeFolder(folder);
  }
});

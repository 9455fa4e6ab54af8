// Writes the manual page of the package, dist/confdit.1, from the commands; a part of `npm run build`.

import { mkdir, writeFile } from 'node:fs/promises';
import { Catalogue } from '../src/cli/catalogue.ts';
import { ExitCode } from '../src/cli/exit-code.ts';
import { formatManualPage } from '../src/cli/manual-page.ts';
import { VERSION } from '../src/instance/version.ts';

const FOLDER = new URL('../dist/', import.meta.url);

/** Nothing is started here. */
const commands = await new Catalogue(async () => ExitCode.failed).all();

await mkdir(FOLDER, { recursive: true });
await writeFile(new URL('confdit.1', FOLDER), formatManualPage(commands, VERSION));

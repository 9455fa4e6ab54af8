// All commands of the program, for tests of what every command must do.

import { Catalogue } from '../../src/cli/catalogue.ts';

/** The catalogue of the program; its command `start` starts nothing. */
export const CATALOGUE = new Catalogue(async () => 0);

export const COMMANDS = await CATALOGUE.all();

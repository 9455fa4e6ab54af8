// The kinds of objects that are declared, as the families that subcommands are made of.

import { objectDefinitions } from '../../config/definitions.ts';
import { objectFamilies } from './object-family.ts';

export const FAMILIES = objectFamilies(objectDefinitions);

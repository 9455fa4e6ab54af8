// A folder of PEM files that a provider reads.

import { ownAttribute } from '../../object-identifiers.ts';
import { property } from '../../property-definition.ts';
import { filePath, string } from '../../types/string.ts';

export const pemFolder = [
  property({
    name: 'pem-directory',
    oid: ownAttribute(4),
    type: filePath(),
    required: true,
    synopsis: 'The folder that holds the PEM files.',
    allowed: 'A path to a folder this server can read; a relative one starts at the instance folder',
  }),
  property({
    name: 'excluded-filename-pattern',
    oid: ownAttribute(5),
    type: string({ caseSensitive: true, charactersMax: 255 }),
    multiValued: true,
    synopsis: 'Which files of the folder are left alone, such as copies that an editor keeps.',
    default: { behaviour: 'Every file of the folder is read.' },
    allowed: 'A file name in which * stands for any characters and ? for one, such as *.bak',
  }),
] as const;

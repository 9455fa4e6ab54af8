// Loaded before a server (`node --import`): it has no Argon2 then, as with a Node.js before 24.7.

import crypto from 'node:crypto';
import { syncBuiltinESMExports } from 'node:module';

delete crypto.argon2;
delete crypto.argon2Sync;
syncBuiltinESMExports();

// Starts real servers for the tests of one file, and ends them with it.

import { afterAll } from 'vitest';
import { endServers } from './server-process.ts';

export {
  ADMINISTRATOR,
  copyInstance,
  type FailedStart,
  type LogLine,
  type ProcessEnd,
  type RunningServer,
  type StartOptions,
  startServer,
} from './server-process.ts';

afterAll(endServers);

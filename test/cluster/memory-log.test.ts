import { MemoryLog, SharedLog } from '../support/cluster/memory-log.ts';
import { describeLog } from './log-conformance.ts';

describeLog('a log in memory', async () => {
  const shared = new SharedLog();
  return { one: new MemoryLog(shared), other: new MemoryLog(shared) };
});

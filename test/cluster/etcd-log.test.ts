import { afterAll, beforeAll } from 'vitest';
import { EtcdLog } from '../../src/cluster/etcd-log.ts';
import { FileReader } from '../../src/files/file-reader.ts';
import { EtcdCluster } from '../support/etcd/etcd-cluster.ts';
import { describeLog } from './log-conformance.ts';

let cluster: EtcdCluster;
const logs: EtcdLog[] = [];
let prefixes = 0;

beforeAll(async () => {
  cluster = await EtcdCluster.start({ members: 1 });
});

afterAll(async () => {
  for (const log of logs) await log.close();
  await cluster.close();
});

function logAt(prefix: string): EtcdLog {
  const log = new EtcdLog({ prefix, urls: cluster.urls, files: new FileReader(), now: () => Date.now() });
  logs.push(log);
  return log;
}

describeLog('a log in etcd', async () => {
  prefixes += 1;
  return { one: logAt(`/conformance/${prefixes}`), other: logAt(`/conformance/${prefixes}`) };
});

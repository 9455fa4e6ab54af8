// A certificate and a key for etcd that do not fit together: so it is for a moment while both are replaced.

import { expect, it } from 'vitest';
import { EtcdConnection } from '../../src/etcd/etcd-connection.ts';
import { EtcdError } from '../../src/etcd/etcd-error.ts';

it('a certificate that is none is an error of etcd, after which a client tries again', async () => {
  const opened = EtcdConnection.open(
    'https://127.0.0.1:1',
    { cert: 'half a certificate', key: 'none' },
    1000,
  );
  const error = await opened.catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(EtcdError);
  expect(error).toMatchObject({
    problem: 'unavailable',
    message: expect.stringContaining('https://127.0.0.1:1 '),
  });
  expect(error).toMatchObject({
    message: expect.stringContaining('certificate or the key for it cannot be used'),
  });
});

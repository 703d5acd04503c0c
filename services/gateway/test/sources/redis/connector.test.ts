import type { Socket } from 'node:net';
import { until } from '@viaduct/testkit/wait';
import { Redis } from 'ioredis';
import { expect, onTestFinished, test } from 'vitest';
import { connectorTo } from '../../../src/sources/redis/connector.js';
import { fixedPlace } from '../../../src/sources/redis/place.js';
import { testRedis } from '../../support/source-redis.js';

// As with TLS, whose sockets emit the alert of a server without being destroyed, and then the failure of a write.
test('a connection that fails twice is opened again, and its second error does not end the process', async () => {
  const { server } = await testRedis();
  const sockets: Socket[] = [];
  const events = { opening: (socket: Socket) => void sockets.push(socket), wrongRole: () => {} };
  const place = fixedPlace({ host: '127.0.0.1', port: server.port });
  const client = new Redis({ Connector: connectorTo(place, null, events), retryStrategy: () => 1 });
  onTestFinished(() => client.disconnect());
  const errors: unknown[] = [];
  client.on('error', (error) => errors.push(error));
  expect(await client.ping()).toBe('PONG');
  const [alert, failedWrite] = [new Error('alert'), new Error('failed write')];
  sockets[0]?.emit('error', alert);
  sockets[0]?.destroy(failedWrite);
  await until(() => sockets.length === 2, 'the next connection');
  expect(await client.ping()).toBe('PONG');
  expect(errors).toEqual([alert]);
});

import { createServer } from 'node:http';
import { atEnd } from '@viaduct/testkit/teardown';
import { expect, test } from 'vitest';
import { createGateway, MemorySource } from '../../src/index.js';

test("a gateway that has started leaves no listener for the errors of a program's server", async () => {
  const server = createServer();
  atEnd(() => void server.close());
  const gateway = createGateway({
    server,
    port: 0,
    host: '127.0.0.1',
    logLevel: 'silent',
    source: new MemorySource(),
  });
  atEnd(() => gateway.close());
  const before = server.listenerCount('error');
  await gateway.start();
  expect(server.listenerCount('error')).toBe(before);
  const error = new Error('too many open files');
  // As without a gateway: Node throws an error that nobody listens for.
  expect(() => server.emit('error', error)).toThrow(error);
});

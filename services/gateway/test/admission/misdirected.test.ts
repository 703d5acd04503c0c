import { RawClient, SocketIoClient } from '@viaduct/testkit/clients';
import { type GatewayProcess, startGateway } from '@viaduct/testkit/gateway';
import { upgrade } from '@viaduct/testkit/handshakes';
import { beforeAll, expect, test } from 'vitest';

let gateway: GatewayProcess;

beforeAll(async () => {
  gateway = await startGateway({ REDIS_URL: 'memory:', CHANNELS: '*' });
});

const refusals = async (transport: string, reason: string): Promise<number> =>
  (await gateway.scrape()).sum('viaduct_connections_refused_total', { transport, reason });

test('a socket.io client that is too old gets an answer that says so, by WebSocket before any frame', async () => {
  const before = await refusals('socket.io', 'old_socket_io');
  const message = expect.stringContaining('update the client library');
  const answer = await upgrade(gateway.url, '/socket.io/?EIO=3&transport=websocket');
  expect(answer).toEqual({ status: 400, body: { message } });
  const polled = await fetch(`${gateway.url}/socket.io/?EIO=3&transport=polling`);
  expect(polled.status).toBe(400);
  expect(await polled.json()).toMatchObject({ message });
  expect((await refusals('socket.io', 'old_socket_io')) - before).toBe(2);
});

test.each(['/', '/live/', '/socket.io', '/socketio/'])(
  'a socket.io client at the path %s gets an answer with the right one',
  async (path) => {
    const before = await refusals('raw', 'wrong_path');
    const message = expect.stringContaining('served at the path /socket.io/');
    for (const version of [3, 4]) {
      const answer = await upgrade(gateway.url, `${path}?EIO=${version}&transport=websocket`);
      expect(answer).toEqual({ status: 404, body: { message } });
      const polled = await fetch(`${gateway.url}${path}?EIO=${version}&transport=polling`);
      expect(polled.status).toBe(404);
      expect(polled.headers.get('access-control-allow-origin')).toBe('*');
      expect(await polled.json()).toEqual({ message });
    }
    expect((await refusals('raw', 'wrong_path')) - before).toBe(2);
  },
);

test('clients in their right place are served, whatever their query', async () => {
  const raw = await RawClient.connect(`${gateway.url}/live/?transport=bus`);
  expect((await raw.run('PING')).status.status).toBe('ok');
  const socketIo = await SocketIoClient.connect(gateway.url);
  expect((await socketIo.run('PING')).status.status).toBe('ok');
});

import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';

/** The time between two portions, in milliseconds. */
const PACE_MS = 10;

/** A connection to a Redis on which answers travel slowly; it ends with the test. */
export interface SlowConnection {
  readonly url: string;
  /** Bytes of answers that have passed. */
  readonly passed: number;
}

/** @param bytesPerSecond of all answers on one connection */
export async function slowConnection(port: number, bytesPerSecond: number): Promise<SlowConnection> {
  const portion = Math.ceil((bytesPerSecond * PACE_MS) / 1000);
  let passed = 0;
  const url = await line(port, (redis, client) => {
    redis.pause();
    const timer = setInterval(() => {
      const bytes = redis.read(Math.min(portion, redis.readableLength)) as Buffer | null;
      if (bytes === null) return;
      passed += bytes.length;
      client.write(bytes);
    }, PACE_MS);
    redis.on('readable', () => {});
    redis.on('close', () => clearInterval(timer));
  });
  return {
    url,
    get passed() {
      return passed;
    },
  };
}

/** A connection to a Redis on which every answer travels for `ms` milliseconds; returns its URL. It ends with the test. */
export function distantConnection(port: number, ms: number): Promise<string> {
  return line(port, (redis, client) => {
    redis.on('data', (bytes) => setTimeout(() => client.write(bytes), ms));
  });
}

/** @param carry carries the answers of one connection */
async function line(port: number, carry: (redis: Socket, client: Socket) => void): Promise<string> {
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    const redis = connect(port, '127.0.0.1');
    for (const socket of [client, redis]) {
      sockets.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => {
        client.destroy();
        redis.destroy();
      });
    }
    client.pipe(redis);
    carry(redis, client);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  const { port: own } = server.address() as AddressInfo;
  return `redis://127.0.0.1:${own}`;
}

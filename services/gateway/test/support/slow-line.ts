import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';

/** The time between two portions, in milliseconds. */
const PACE_MS = 10;

/** A line to a Redis on which answers travel slowly; it ends with the test. */
export interface SlowLine {
  readonly url: string;
  /** Bytes of answers that have passed. */
  readonly passed: number;
}

/** @param bytesPerSecond of all answers on one connection */
export async function slowLine(port: number, bytesPerSecond: number): Promise<SlowLine> {
  const portion = Math.ceil((bytesPerSecond * PACE_MS) / 1000);
  const sockets = new Set<Socket>();
  let passed = 0;
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
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  const { port: own } = server.address() as AddressInfo;
  return {
    url: `redis://127.0.0.1:${own}`,
    get passed() {
      return passed;
    },
  };
}

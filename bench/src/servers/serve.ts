import { createServer, type Server } from 'node:http';

/** Ports of the reference servers and of their Redis, from the gateway's settings. */
export const PORT = Number(process.env.PORT);
export const REDIS_URL = process.env.REDIS_URL ?? 'redis://127.0.0.1:6379';

/** Listens on 127.0.0.1 and answers every plain request with 200, to show that it is ready. */
export function listen(): Server {
  const server = createServer((_request, response) => response.end('ok\n'));
  server.listen(PORT, '127.0.0.1');
  return server;
}

import { createServer, type Server } from 'node:http';

/** Where the reference servers listen and where their Redis is, as the gateway is told it. */
export const PORT = Number(process.env.PORT);
export const REDIS_URL = process.env.REDIS_URL ?? 'redis://127.0.0.1:6379';

/** Listens on 127.0.0.1 and answers every plain request with 200, as a sign of being ready. */
export function listen(): Server {
  const server = createServer((_request, response) => response.end('ok\n'));
  server.listen(PORT, '127.0.0.1');
  return server;
}

// The reference for raw WebSockets: a broadcast with `ws` and ioredis, written according to their READMEs. Commands:
// `SUB channel`, and `PING`, which is answered when everything before it is done.
import { encodeEnvelope } from '@viaduct/protocol';
import { Redis } from 'ioredis';
import { type WebSocket, WebSocketServer } from 'ws';
import { listen, REDIS_URL } from './serve.js';

const redis = new Redis(REDIS_URL);
const subscribers = new Map<string, Set<WebSocket>>();

redis.on('message', (channel: string, text: string) => {
  const envelope = encodeEnvelope(channel, text, Date.now());
  for (const client of subscribers.get(channel) ?? []) client.send(envelope);
});

async function subscribe(client: WebSocket, channel: string): Promise<void> {
  let clients = subscribers.get(channel);
  if (clients === undefined) {
    clients = new Set();
    subscribers.set(channel, clients);
  }
  clients.add(client);
  client.on('close', () => clients.delete(client));
  await redis.subscribe(channel);
}

const server = new WebSocketServer({ server: listen(), perMessageDeflate: process.env.DEFLATE === 'on' });
server.on('connection', (client) => {
  let done = Promise.resolve();
  client.on('message', (data) => {
    const [command, channel = ''] = data.toString().split(' ');
    done = done.then(() => {
      if (command === 'SUB') return subscribe(client, channel);
      client.send(encodeEnvelope('websocket', '"PONG"', Date.now()));
      return undefined;
    });
  });
});

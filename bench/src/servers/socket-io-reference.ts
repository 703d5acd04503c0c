// The reference for socket.io: a plain server that emits every message of its channel to all clients. The only
// command is PING, which shows the load generator that a client is connected.
import type { Envelope } from '@viaduct/protocol';
import { Redis } from 'ioredis';
import { Server } from 'socket.io';
import { listen, REDIS_URL } from './serve.js';

const CHANNEL = process.env.CHANNELS ?? '';

const io = new Server(listen());
const redis = new Redis(REDIS_URL);
await redis.subscribe(CHANNEL);

redis.on('message', (channel: string, text: string) =>
  io.emit('message', envelope(channel, JSON.parse(text))),
);

io.on('connection', (socket) => {
  socket.on('command', () => socket.emit('message', envelope('websocket', 'PONG')));
});

function envelope(source: string, content: unknown): Envelope {
  return { source, content, timestamp: Date.now(), client_reference: null };
}

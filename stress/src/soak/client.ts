import { parseEnvelope } from '@viaduct/protocol';
import { io, type Socket } from 'socket.io-client';
import { WebSocket } from 'ws';

/** A client of the crowd: connects, does what map users do, and leaves without notice. */
export interface CrowdClient {
  /** Sends a command line. */
  send(command: string): void;
  /** Leaves: with a close frame, or as after a power failure. */
  leave(politely: boolean): void;
  /** Stops reading for a while, if the transport can. */
  stall(ms: number): void;
}

/** What all clients of a crowd have received together. */
export interface CrowdTally {
  messages: number;
  errors: number;
  /** Number of malformed envelopes. */
  malformed: number;
}

export function rawClient(url: string, tally: CrowdTally, commands: readonly string[]): CrowdClient {
  const socket = new WebSocket(url.replace('http', 'ws'), { handshakeTimeout: HANDSHAKE_MS });
  socket.on('open', () => {
    for (const command of commands) socket.send(command);
  });
  socket.on('message', (data) => {
    try {
      count(tally, parseEnvelope(String(data)).content);
    } catch {
      tally.malformed += 1;
    }
  });
  // The gateway refuses and cuts connections during faults.
  socket.on('error', () => undefined);
  return {
    send(command) {
      if (socket.readyState === WebSocket.OPEN) socket.send(command);
    },
    leave(politely) {
      if (politely) socket.close();
      else socket.terminate();
    },
    stall(ms) {
      if (socket.readyState !== WebSocket.OPEN) return;
      socket.pause();
      setTimeout(() => socket.resume(), ms);
    },
  };
}

export function socketIoClient(url: string, tally: CrowdTally, commands: readonly string[]): CrowdClient {
  const socket: Socket = io(url, {
    transports: ['websocket'],
    forceNew: true,
    reconnection: false,
    auth: { batch: true },
  });
  socket.on('connect', () => {
    for (const command of commands) socket.emit('command', command);
  });
  socket.on('messages', (envelopes: { content: unknown }[]) => {
    for (const { content } of envelopes) count(tally, content);
  });
  return {
    send: (command) => socket.emit('command', command),
    leave(politely) {
      if (politely) socket.disconnect();
      else socket.io.engine.close();
    },
    stall: () => undefined,
  };
}

const HANDSHAKE_MS = 10_000;

function count(tally: CrowdTally, content: unknown): void {
  tally.messages += 1;
  if ((content as { status?: unknown } | null)?.status === 'error') tally.errors += 1;
}

import { parseEnvelope } from '@viaduct/protocol';
import { until } from '@viaduct/testkit/wait';
import { io } from 'socket.io-client';
import { WebSocket } from 'ws';

/** The channel without malformed messages. */
export const CALM_CHANNEL = 'calm';

/** A well-behaved client, which must not notice the others. */
export interface Witness {
  /** `raw` or `socket.io`. */
  readonly transport: string;
  /** What it should not have received. */
  readonly problems: readonly string[];
  /** Numbers of the calm channel's messages that arrived, in order and without a gap. */
  readonly received: number;
  /** The next gap is not the gateway's fault. */
  expectLosses(): void;
  /** Resolves when a PING is answered. */
  ping(): Promise<void>;
  close(): void;
}

/** Checks the numbered messages of the calm channel. */
class Sequence {
  readonly problems: string[] = [];
  received = 0;
  #last: number | null = null;
  #gapAllowed = false;

  take(content: unknown): void {
    const { n } = (content ?? {}) as { n?: unknown };
    if (typeof n !== 'number') {
      this.problems.push(`a message without a number: ${JSON.stringify(content).slice(0, 200)}`);
      return;
    }
    if (this.#last !== null && n !== this.#last + 1) this.#gap(n, this.#last);
    this.#last = n;
    this.received += 1;
  }

  expectLosses(): void {
    this.#gapAllowed = true;
  }

  #gap(next: number, last: number): void {
    if (!this.#gapAllowed || next <= last) this.problems.push(`${next} came after ${last}`);
    this.#gapAllowed = false;
  }
}

/** Connects over the plain WebSocket, and resolves when the subscription works. */
export async function rawWitness(url: string): Promise<Witness> {
  const sequence = new Sequence();
  const socket = new WebSocket(url.replace('http', 'ws'));
  const answered = new Set<string>();
  let closing = false;
  let asked = 0;
  socket.on('message', (data) => {
    const { source, content, client_reference: reference } = parseEnvelope(String(data));
    if (reference !== null) answered.add(reference);
    if (source === CALM_CHANNEL) sequence.take(content);
  });
  socket.on('error', (error) => sequence.problems.push(`raw: ${error.message}`));
  socket.on('close', (code) => {
    if (!closing) sequence.problems.push(`raw: closed with ${code}`);
  });
  const ask = async (command: string): Promise<void> => {
    const reference = String(++asked);
    socket.send(`${command} client_ref=${reference}`);
    await until(() => answered.delete(reference), `raw: the answer to ${command}`);
  };
  await until(() => socket.readyState === WebSocket.OPEN, 'raw: open');
  await ask(`SUB ${CALM_CHANNEL}`);
  return {
    transport: 'raw',
    problems: sequence.problems,
    get received() {
      return sequence.received;
    },
    expectLosses: () => sequence.expectLosses(),
    ping: () => ask('PING'),
    close() {
      closing = true;
      socket.close();
    },
  };
}

/** Connects over socket.io, and resolves when the subscription works. */
export async function socketIoWitness(url: string): Promise<Witness> {
  const sequence = new Sequence();
  const socket = io(url, { transports: ['websocket'], forceNew: true, reconnection: false });
  let closing = false;
  socket.on('message', ({ source, content }: { source: string; content: unknown }) => {
    if (source === CALM_CHANNEL) sequence.take(content);
  });
  socket.on('disconnect', (reason) => {
    if (!closing) sequence.problems.push(`socket.io: disconnected, ${reason}`);
  });
  const ask = async (event: string, options: object): Promise<void> => {
    let answered = false;
    socket.emit(event, options, () => {
      answered = true;
    });
    await until(() => answered, `socket.io: the answer to ${event}`);
  };
  await until(() => socket.connected, 'socket.io: connected');
  await ask('sub', { channel: CALM_CHANNEL });
  return {
    transport: 'socket.io',
    problems: sequence.problems,
    get received() {
      return sequence.received;
    },
    expectLosses: () => sequence.expectLosses(),
    ping: () => ask('ping', {}),
    close() {
      closing = true;
      socket.disconnect();
    },
  };
}

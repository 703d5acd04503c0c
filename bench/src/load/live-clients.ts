import { WebSocket } from 'ws';

/** Longest wait for an answer, in ms. */
const TIMEOUT_MS = 120_000;

/** A status about a channel, or a feature. */
interface Content {
  readonly status?: string;
  readonly id?: string;
  readonly geometry?: unknown;
  readonly left?: readonly string[];
  readonly entered?: number;
}

/** A client with a live view, and the set of features that it holds. */
export class LiveClient {
  readonly held = new Set<string>();
  /** Everything that has arrived, in bytes. */
  bytes = 0;
  /** Envelopes of the channel. */
  received = 0;
  /** The ones that report that a feature is no longer in the view. */
  leaves = 0;
  readonly #socket: WebSocket;
  #arrived = new Set<string>();
  #waiting: ((content: Content) => void) | null = null;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.on('message', (data: Buffer) => {
      this.bytes += data.length;
      this.#take(data.toString());
    });
  }

  static async connect(port: number): Promise<LiveClient> {
    const socket = new WebSocket(`ws://127.0.0.1:${port}/`, { perMessageDeflate: false });
    const client = new LiveClient(socket);
    await client.#until('open');
    return client;
  }

  send(line: string): void {
    this.#socket.send(line);
  }

  /** Sends a command, and resolves with the mark that follows it. */
  async mark(line: string, status: 'snapshot_end' | 'view'): Promise<Content> {
    const marked = this.marked(status);
    this.send(line);
    return marked;
  }

  /** Resolves with the next mark of that kind. */
  marked(status: 'snapshot_end' | 'view'): Promise<Content> {
    return this.#until(status);
  }

  /** Resolves when everything that the gateway has sent until now has arrived. */
  async pong(): Promise<void> {
    const answered = this.#until('PONG');
    this.send('PING');
    await answered;
  }

  close(): void {
    this.#socket.terminate();
  }

  #until(status: string): Promise<Content> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`no ${status} in time`)), TIMEOUT_MS);
      this.#waiting = (content) => {
        if (content.status !== status) return;
        clearTimeout(timer);
        this.#waiting = null;
        resolve(content);
      };
    });
  }

  #take(text: string): void {
    const { source, content } = JSON.parse(text) as { source: string; content: Content };
    if (content === ('PONG' as unknown)) this.#waiting?.({ status: 'PONG' });
    else if (source === 'websocket') this.#takeStatus(content);
    else {
      this.received++;
      this.#takeFeature(content);
    }
  }

  #takeFeature({ id, geometry }: Content): void {
    if (id === undefined) return;
    this.#arrived.add(id);
    if (geometry !== null) this.held.add(id);
    else {
      this.leaves++;
      this.held.delete(id);
    }
  }

  #takeStatus(content: Content): void {
    if (content.status === 'snapshot_begin') this.#arrived = new Set();
    if (content.status === 'snapshot_end') {
      for (const id of this.held) if (!this.#arrived.has(id)) this.held.delete(id);
    }
    for (const id of content.left ?? []) this.held.delete(id);
    this.#waiting?.(content);
  }
}

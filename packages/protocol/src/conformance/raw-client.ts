import { type ClientOptions, type RawData, WebSocket } from 'ws';
import { type Envelope, parseEnvelope, STATUS_SOURCE } from '../envelope.js';
import type { ErrorStatus, OkStatus } from '../status.js';
import { Inbox } from './inbox.js';
import type { Client, Closed, Reply } from './types.js';

/** Default of the longest wait for an envelope, in milliseconds. */
export const DEFAULT_TIMEOUT_MS = 10_000;

export interface RawClientOptions extends ClientOptions {
  /** Longest wait for an envelope, in milliseconds; 10,000 by default. */
  timeoutMs?: number;
  /** Subprotocols that the client offers; none by default. */
  protocols?: readonly string[];
}

let barriers = 0;

/** A plain WebSocket connection: commands are lines of text, answers are envelopes. */
export class RawClient implements Client {
  readonly inbox: Inbox;
  readonly closed: Promise<Closed>;

  /** @param timeoutMs longest wait for an envelope */
  protected constructor(
    readonly socket: WebSocket,
    timeoutMs: number,
  ) {
    this.inbox = new Inbox(timeoutMs);
    socket.on('message', (data, isBinary) => this.#take(data, isBinary));
    socket.on('error', (error) => this.inbox.fail(error));
    this.closed = new Promise((resolve) => {
      socket.on('close', (code, reason) => {
        this.inbox.fail(new Error(`the server closed the connection with ${code} ${reason.toString()}`));
        resolve({ code, reason: reason.toString() });
      });
    });
  }

  /** Connects, and waits for the first envelope. Its error says why the server refuses. */
  static async connect(
    url: string,
    { timeoutMs = DEFAULT_TIMEOUT_MS, protocols = [], ...options }: RawClientOptions = {},
  ): Promise<RawClient> {
    const socket = new WebSocket(url, [...protocols], { handshakeTimeout: timeoutMs, ...options });
    const client = new RawClient(socket, timeoutMs);
    await client.opened();
    return client;
  }

  /** Resolves when the first envelope has been read. */
  protected async opened(): Promise<void> {
    await this.inbox.next(() => true, 'the first envelope');
  }

  /**
   * A raw connection is silent about a command that succeeds, so a PING with its own reference follows it: commands
   * of one session run in order, and everything that arrives before that PONG belongs to the command.
   */
  async run(line: string): Promise<Reply> {
    const mark = this.inbox.length;
    this.send(line);
    await this.barrier();
    const arrived = this.inbox.since(mark).map((arrival) => arrival.envelope);
    const isPong = (envelope: Envelope) => isBarrier(envelope.client_reference);
    const envelopes = arrived.slice(0, arrived.findIndex(isPong));
    const statuses = envelopes.filter(isStatus);
    return {
      status: summarise(
        line,
        statuses.map((envelope) => envelope.content as StatusContent),
      ),
      envelopes: envelopes.filter((envelope) => !isStatus(envelope)),
    };
  }

  /** Resolves when the server has finished all earlier commands. */
  async barrier(): Promise<void> {
    const reference = `${BARRIER}${++barriers}`;
    this.send(`PING client_ref=${reference}`);
    await this.inbox.next(
      (envelope) => envelope.client_reference === reference,
      'the PONG after the command',
    );
  }

  send(line: string): void {
    this.socket.send(line);
  }

  async close(): Promise<void> {
    this.socket.close(1000);
    await this.closed;
  }

  terminate(): void {
    this.socket.terminate();
  }

  #take(data: RawData, isBinary: boolean): void {
    const text = data.toString();
    try {
      if (isBinary) throw new SyntaxError('a binary frame');
      this.inbox.add({ envelope: parseEnvelope(text), text, batch: null });
    } catch (error) {
      this.inbox.fail(new Error(`not an envelope: ${text.slice(0, 200)}`, { cause: error }));
    }
  }
}

const BARRIER = 'conformance-barrier-';

function isBarrier(reference: string | null): boolean {
  return reference?.startsWith(BARRIER) === true;
}

type StatusContent = OkStatus | ErrorStatus | { status: 'warning'; message: string };

function isStatus(envelope: Envelope): boolean {
  const { content } = envelope;
  if (envelope.source !== STATUS_SOURCE || typeof content !== 'object' || content === null) return false;
  return 'status' in content && ['ok', 'error', 'warning'].includes(String(content.status));
}

/** One status from the status envelopes of one command. */
function summarise(line: string, statuses: readonly StatusContent[]): OkStatus | ErrorStatus {
  const errors = statuses.filter((status) => status.status === 'error');
  if (errors.length > 1) throw new Error(`${line} was answered with ${errors.length} errors`);
  const [error] = errors;
  if (error !== undefined) return error;
  const command = line.trim().split(/\s+/u)[0]?.toUpperCase() ?? '';
  const warning = statuses.find((status) => status.status === 'warning')?.message;
  return warning === undefined ? { status: 'ok', command } : { status: 'ok', command, warning };
}

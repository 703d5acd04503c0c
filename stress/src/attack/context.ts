import { type Agent, type ClientRequest, request as httpRequest, type RequestOptions } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import type { Random } from '@viaduct/testkit/random';
import type { Redis } from 'ioredis';
import { RawConnection } from './raw-connection.js';

/** Connections from one address, unless an attack wants more: a gateway's limits per address must not end it early. */
const PER_ADDRESS = 8;

/** How many connections are opened at once. */
const OPENED_TOGETHER = 16;

export interface OpenOptions {
  /** Path of the handshake; null to send nothing. */
  path?: string | null;
  reads?: boolean;
  headers?: readonly string[];
  /** The number of the local address; the same number is the same address. */
  from?: number;
}

export interface RequestFrom extends RequestOptions {
  path: string;
  from?: number;
  body?: string;
}

/** What an attack works with: the gateway's port, its Redis, connections from many addresses, and an end. */
export class AttackContext<Name extends string = string> {
  readonly #connections = new Set<{ close(): void }>();

  constructor(
    readonly port: number,
    readonly redis: Redis,
    readonly random: Random,
    /** Sizes of the attack, by the name of what they count. */
    readonly sizes: Readonly<Record<Name, number>>,
    /** Aborted when the attack must end. */
    readonly signal: AbortSignal,
  ) {}

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** Opens one connection; null if the gateway refuses it. */
  async open({
    path = '/',
    reads = true,
    headers = [],
    from = 0,
  }: OpenOptions = {}): Promise<RawConnection | null> {
    if (this.signal.aborted) return null;
    const connection = await RawConnection.open({
      port: this.port,
      address: addressOf(from),
      path,
      reads,
      headers,
    });
    if (connection !== null) this.#connections.add(connection);
    if (this.signal.aborted) connection?.close();
    return connection;
  }

  /**
   * Opens connections from as many addresses as necessary, some at a time.
   *
   * @param begin called for each connection that the gateway accepts
   */
  async openMany(
    count: number,
    options: OpenOptions & { perAddress?: number },
    begin: (connection: RawConnection, i: number) => void = () => undefined,
  ): Promise<RawConnection[]> {
    const { perAddress = PER_ADDRESS, from = 0, ...rest } = options;
    const opened: RawConnection[] = [];
    let next = 0;
    const work = async (): Promise<void> => {
      while (next < count && !this.signal.aborted) {
        const i = next++;
        const connection = await this.open({ ...rest, from: from + Math.floor(i / perAddress) });
        if (connection === null) continue;
        opened.push(connection);
        begin(connection, i);
      }
    };
    await Promise.all(Array.from({ length: Math.min(OPENED_TOGETHER, count) }, work));
    return opened;
  }

  /** Forgets and ends a connection. */
  close(connection: RawConnection): void {
    connection.close();
    this.#connections.delete(connection);
  }

  /** Sends an HTTP request from one of the addresses. */
  request({ from = 0, body, ...options }: RequestFrom, agent: Agent | false = false): ClientRequest {
    const { port } = this;
    const sent = httpRequest({ host: '127.0.0.1', port, localAddress: addressOf(from), agent, ...options });
    const end = { close: () => void sent.destroy() };
    this.#connections.add(end);
    sent.on('error', () => undefined);
    sent.on('close', () => this.#connections.delete(end));
    sent.end(body);
    return sent;
  }

  /** The text of the answer to an HTTP request; null if there is none. */
  answer(options: RequestFrom): Promise<{ status: number; text: string } | null> {
    return new Promise((resolve) => {
      const sent = this.request(options);
      sent.on('close', () => resolve(null));
      sent.on('response', (response) => {
        let text = '';
        response.setEncoding('utf8');
        response.on('data', (chunk: string) => {
          text += chunk;
        });
        response.on('end', () => resolve({ status: response.statusCode ?? 0, text }));
        response.on('error', () => resolve(null));
      });
    });
  }

  /** Repeats something until the attack must end. */
  async repeat(everyMs: number, task: (round: number) => unknown): Promise<void> {
    for (let round = 0; !this.signal.aborted; round++) {
      await task(round);
      await this.wait(everyMs);
    }
  }

  /** Waits, but not beyond the end of the attack. */
  async wait(ms: number): Promise<void> {
    await pause(ms, undefined, { signal: this.signal }).catch(() => undefined);
  }

  /** Ends every connection. */
  closeConnections(): void {
    for (const connection of this.#connections) connection.close();
    this.#connections.clear();
  }
}

/** One of 16,000 loopback addresses. */
function addressOf(n: number): string {
  return `127.${1 + (Math.floor(n / 250) % 64)}.0.${1 + (n % 250)}`;
}

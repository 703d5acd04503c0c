import type { Ack, Envelope } from '@viaduct/protocol';
import { onTestFinished, vi } from 'vitest';
import { type ConnectOptions, connect, type Viaduct } from '../../src/index.js';
import type { CommandEvent, Credentials, Wire, WireObserver } from '../../src/transport.js';

/** A command that the client has sent. */
export interface SentCommand {
  readonly event: CommandEvent;
  readonly options: object;
  readonly answered: Ack;
}

/** A connection whose gateway is the test. */
export class FakeWire implements Wire {
  readonly observer: WireObserver;
  /** Credentials of each attempt to connect. */
  readonly attempts: Credentials[] = [];
  readonly sent: SentCommand[] = [];
  cuts = 0;

  constructor(observer: WireObserver) {
    this.observer = observer;
  }

  open(credentials: Credentials): void {
    this.attempts.push(credentials);
  }

  send(event: CommandEvent, options: object, answered: Ack): number {
    this.sent.push({ event, options, answered });
    return 1;
  }

  cut(): void {
    this.cuts++;
    this.breaks();
  }

  close(): void {}

  /** Starts the session, and waits until the client has sent what it sends first. */
  async opens(): Promise<void> {
    this.observer.opened();
    await settled();
  }

  /** The connection ends. */
  breaks(code: number | null = null): void {
    this.observer.ended({ code, reason: 'the test ends it' });
  }

  /** Confirms the commands that were sent until now. */
  async confirmAll(): Promise<void> {
    for (const { event, answered } of this.sent) answered({ status: 'ok', command: event.toUpperCase() });
    await settled();
  }

  /** Messages of a channel arrive together. */
  receives(source: string, ...contents: unknown[]): void {
    const envelopes = contents.map(
      (content): Envelope => ({ source, content, timestamp: 0, client_reference: null }),
    );
    this.observer.received(envelopes);
  }

  /** Names of the commands that were sent. */
  get events(): CommandEvent[] {
    return this.sent.map(({ event }) => event);
  }
}

/** A client of such a gateway, which ends with the test. It has begun to connect. The test must have a fake clock. */
export async function fakeClient(
  options: ConnectOptions = {},
): Promise<{ viaduct: Viaduct; wire: FakeWire }> {
  const wires: FakeWire[] = [];
  const viaduct = connect('http://gateway', {
    ...options,
    transport: (_address, _settings, observer) => {
      const wire = new FakeWire(observer);
      wires.push(wire);
      return wire;
    },
  });
  onTestFinished(() => viaduct.close());
  await settled();
  const [wire] = wires;
  if (wire === undefined) throw new Error('the client has no connection');
  return { viaduct, wire };
}

/** The same, with a session. */
export async function openClient(
  options: ConnectOptions = {},
): Promise<{ viaduct: Viaduct; wire: FakeWire }> {
  const client = await fakeClient(options);
  await client.wire.opens();
  return client;
}

/** Lets everything happen that needs no timer. */
export async function settled(): Promise<void> {
  await vi.advanceTimersByTimeAsync(0);
}

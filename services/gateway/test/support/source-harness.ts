import { eventually } from '@viaduct/testkit/wait';
import { MemorySource } from '../../src/sources/memory/source.js';
import type { Source, SourceConnection, SourceEvents, SourceLogger } from '../../src/sources/source.js';

/** Records the reports of a source to its listener. */
export class Recorder implements SourceEvents {
  readonly messages: [channel: string, text: string][] = [];
  /** Ids of the messages of streams. */
  readonly ids: string[] = [];
  readonly denials: string[] = [];
  readonly losses: [stream: string, reason: string][] = [];
  readonly roundTrips: { connection: SourceConnection; ms: number }[] = [];
  /** `resumed`, `too slow`, `ready` and `away`, in the order of the reports. */
  readonly changes: string[] = [];

  message(channel: string, text: string, id?: string): void {
    this.messages.push([channel, text]);
    if (id !== undefined) this.ids.push(id);
  }

  lost(stream: string, reason: string): void {
    this.losses.push([stream, reason]);
  }

  denied(channel: string): void {
    this.denials.push(channel);
  }

  resumed(): void {
    this.changes.push('resumed');
  }

  tooSlow(): void {
    this.changes.push('too slow');
  }

  roundTrip(connection: SourceConnection, ms: number): void {
    this.roundTrips.push({ connection, ms });
  }

  state(ready: boolean): void {
    this.changes.push(ready ? 'ready' : 'away');
  }

  texts(channel: string): string[] {
    return this.messages.filter(([name]) => name === channel).map(([, text]) => text);
  }
}

/** A logger that keeps its lines. */
export class LogLines implements SourceLogger {
  readonly lines: { level: string; fields: object; message: string }[] = [];

  info(fields: object, message: string): void {
    this.lines.push({ level: 'info', fields, message });
  }

  warn(fields: object, message: string): void {
    this.lines.push({ level: 'warn', fields, message });
  }

  error(fields: object, message: string): void {
    this.lines.push({ level: 'error', fields, message });
  }

  get errors(): string[] {
    return this.lines.filter(({ level }) => level === 'error').map((line) => JSON.stringify(line));
  }
}

/** A source with the means to fill it from outside. */
export interface SourceUnderTest {
  source: Source;
  set(key: string, field: string, value: string): Promise<void>;
  remove(key: string, field: string): Promise<void>;
  /** Number of subscribers of the message. */
  publish(channel: string, text: string): Promise<number>;
}

/** Makes sources, not started, of one kind; `end` releases what they need. */
export interface SourceKind {
  make(): SourceUnderTest;
  end(): Promise<void>;
}

export async function memoryKind(): Promise<SourceKind> {
  return {
    make() {
      const source = new MemorySource();
      return {
        source,
        set: async (key, field, value) => source.hset(key, field, value),
        remove: async (key, field) => source.hdel(key, field),
        publish: async (channel, text) => (source.ready ? source.publish(channel, text) : 0),
      };
    },
    end: async () => {},
  };
}

/** Waits until the source is ready, or no longer ready. */
export async function untilReady(source: Source, ready = true): Promise<void> {
  await eventually(() => {
    if (source.ready !== ready) throw new Error(`The source's ready is still ${source.ready}.`);
  });
}

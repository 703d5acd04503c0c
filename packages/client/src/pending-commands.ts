import { type Ack, type Envelope, type ErrorStatus, type OkStatus, STATUS_SOURCE } from '@viaduct/protocol';
import { later } from './later.js';
import type { CommandEvent, WireObserver } from './transport.js';

/** A command whose answer has not arrived. */
interface Pending {
  readonly event: CommandEvent;
  /** Whether its answer is one envelope, and not a confirmation. */
  readonly isOne: boolean;
  readonly answered: Ack;
}

/**
 * The commands of a session that have no answer yet. Their answers are envelopes, on every transport: acknowledgements of
 * socket.io would overtake envelopes that were sent before.
 */
export class PendingCommands {
  readonly #write: (event: CommandEvent, options: object) => void;
  readonly #observer: Pick<WireObserver, 'received'>;
  /** By client reference. */
  readonly #commands = new Map<string, Pending>();
  #sent = 0;
  /** Envelopes that arrived in this turn. */
  readonly #batch: Envelope[] = [];

  /** @param write sends a command */
  constructor(
    write: (event: CommandEvent, options: object) => void,
    observer: Pick<WireObserver, 'received'>,
  ) {
    this.#write = write;
    this.#observer = observer;
  }

  /** See `Wire.send`. */
  send(event: CommandEvent, options: object, answered: Ack): number {
    const { client_ref: reference = `c${++this.#sent}`, field } = options as {
      client_ref?: string;
      field?: string;
    };
    const isOne = event === 'get' && field !== undefined;
    this.#write(event, { ...options, client_ref: reference });
    this.#commands.set(reference, { event, isOne, answered });
    if (event !== 'get' || isOne) return 1;
    // Nothing else says that the last value has arrived: commands run in order.
    this.#write('ping', { client_ref: reference });
    return 2;
  }

  /** Takes an envelope, which may answer a command. Those that arrive together are delivered together. */
  take(envelope: Envelope): void {
    const { source, client_reference } = envelope;
    const reference = client_reference ?? '';
    const command = this.#commands.get(reference);
    const answer = command === undefined ? null : answerIn(envelope, command);
    if (answer === null || source !== STATUS_SOURCE) {
      if (this.#batch.push(envelope) === 1) later(() => this.deliver());
    }
    if (answer === null) return;
    this.#commands.delete(reference);
    this.deliver();
    command?.answered(answer);
  }

  /** Delivers what has arrived. */
  deliver(): void {
    const batch = this.#batch.splice(0);
    if (batch.length > 0) this.#observer.received(batch);
  }

  /** The session has ended. */
  clear(): void {
    this.#commands.clear();
    this.#batch.length = 0;
  }
}

/** The outcome of a command, if the envelope has it; else null. */
function answerIn({ source, content }: Envelope, { event, isOne }: Pending): OkStatus | ErrorStatus | null {
  const done: OkStatus = { status: 'ok', command: event.toUpperCase() };
  if (source !== STATUS_SOURCE) return isOne ? done : null;
  if (content === 'PONG') return done;
  const status = content as OkStatus | ErrorStatus;
  return status.status === 'ok' || status.status === 'error' ? status : null;
}

import type { Envelope, ErrorStatus, OkStatus } from './envelope.js';

/** What the gateway acknowledges a command with. */
export type Ack = (answer: OkStatus | ErrorStatus) => void;

interface ReferencedOptions {
  /** Comes back as `client_reference` of every envelope that answers. */
  client_ref?: string;
}

/**
 * Commands as socket.io events. The answers of GET and PGET arrive as `message` events (or in `messages`, see
 * {@link HandshakeAuth}); the acknowledgement comes after the last of them. Each event also takes the positional
 * arguments of the text protocol, so `socket.emit('get', 'trains', ack)` works in untyped code.
 */
export interface ClientToServerEvents {
  get(options: { key: string; field?: string } & ReferencedOptions, ack?: Ack): void;
  pget(options: { key: string; field?: string; projection?: string } & ReferencedOptions, ack?: Ack): void;
  sub(options: { channel: string; snapshot?: boolean; since?: string } & ReferencedOptions, ack?: Ack): void;
  del(options: { channel: string } & ReferencedOptions, ack?: Ack): void;
  ping(options: ReferencedOptions, ack?: Ack): void;
  bbox(options: BboxOptions | Record<string, never>, ack?: Ack): void;
  projection(options: ProjectionOptions, ack?: Ack): void;
  buffer(
    options: ({ size: number; ms: number } & ReferencedOptions) | Record<string, never>,
    ack?: Ack,
  ): void;
  reset(options: ReferencedOptions, ack?: Ack): void;
  token(options: { token: string } & ReferencedOptions, ack?: Ack): void;
  /** The message is any value that JSON can hold; a text is published as a JSON string. */
  pub(options: { channel: string; message: unknown } & ReferencedOptions, ack?: Ack): void;
  /** Any command as a line of text; the way to custom commands from typed code. */
  command(line: string, ack?: Ack): void;
}

/** Left, bottom, right, top, then hints; `trim: true` cuts collections down to the box. */
export interface BboxOptions extends ReferencedOptions {
  left: number;
  bottom: number;
  right: number;
  top: number;
  trim?: boolean;
  [hint: string]: string | number | boolean | undefined;
}

export interface ProjectionOptions extends ReferencedOptions {
  projection: string;
  axis_order?: 'xy' | 'crs';
  precision?: number;
}

/** Why and how the gateway ends the session; sent just before it does. Codes as in `CLOSE_CODES`. */
export interface ClosingNotice {
  code: number;
  reason: string;
}

/** What the gateway sends. */
export interface ServerToClientEvents {
  message(envelope: Envelope): void;
  /** One flush, to sessions that asked for batches. */
  messages(envelopes: Envelope[]): void;
  closing(notice: ClosingNotice): void;
}

/** What a client may give in socket.io's `auth`. */
export interface HandshakeAuth {
  /** True: messages that leave together arrive as one `messages` event. */
  batch?: boolean;
  /** A signed JWT. */
  token?: string;
  /** An API key. */
  key?: string;
}

import { type ServerOptions, type WebSocket, WebSocketServer } from 'ws';

/** The most fragments of one message: clients and their libraries rarely use more than one. */
const MAX_FRAGMENTS = 64;

/** The network delivers long frames in pieces. Smaller ones on average would cost more memory than what they carry. */
const MIN_PIECE_BYTES = 256;

/** What `ws` accepts and keeps of a message before it is complete. */
interface ReceiveLimits {
  maxPayload: number;
  maxFragments: number;
  maxBufferedChunks: number;
}

/** The limits for messages of at most `maxFrameBytes` bytes. */
export function receiveLimits(maxFrameBytes: number): ReceiveLimits {
  return {
    maxPayload: maxFrameBytes,
    maxFragments: MAX_FRAGMENTS,
    maxBufferedChunks: MAX_FRAGMENTS + Math.ceil(maxFrameBytes / MIN_PIECE_BYTES),
  };
}

/** A server for the engine of socket.io, which passes on only the limit of bytes. */
export class LimitedWebSocketServer extends WebSocketServer {
  constructor(options: ServerOptions) {
    super({ ...options, ...receiveLimits(options.maxPayload ?? 0) });
  }
}

/** The used members of the part of `ws` that reads. It does not tell elsewhere whether a message has begun. */
interface Receiver {
  readonly _bufferedBytes: number;
  /** 0 between two frames. */
  readonly _state: number;
  /** 0 between two messages. */
  readonly _fragmented: number;
}

/** Whether a part of a message has arrived. */
export function isWithinMessage(webSocket: WebSocket): boolean {
  const { _receiver: receiver } = webSocket as unknown as { readonly _receiver: Receiver };
  return receiver._fragmented !== 0 || receiver._state !== 0 || receiver._bufferedBytes > 0;
}

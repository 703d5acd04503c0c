import { type ServerOptions, WebSocket, WebSocketServer } from 'ws';
import { TokenBucket } from '../admission/token-bucket.js';
import { TOO_MANY_FRAMES } from './transport.js';

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

/** The time that a client has to answer a close frame, in ms, before the connection is cut. */
export const CLOSE_TIMEOUT_MS = 5_000;

/** The time that a client that sends too much has to receive the close frame, in ms: its answer to that is not read. */
export const FLOOD_END_MS = 500;

/**
 * A WebSocket that counts its frames, whatever they are: pings, pongs and the packets of the engine are not commands, and
 * thousands fit into what is read in one turn. If there are too many, nothing more is read, and it fails.
 */
class CountingWebSocket extends WebSocket {
  frames: TokenBucket | null = null;

  override emit(event: string | symbol, ...args: unknown[]): boolean {
    const isFrame = event === 'message' || event === 'ping' || event === 'pong';
    if (!isFrame || this.frames === null || this.frames.take(performance.now())) {
      return super.emit(event, ...args);
    }
    this.frames = null;
    stopReading(this);
    setTimeout(() => this.terminate(), FLOOD_END_MS).unref();
    // Not yet: packets that have arrived may end the session, with a close code.
    setImmediate(() => {
      if (this.readyState === WebSocket.OPEN) super.emit('error', new Error(TOO_MANY_FRAMES));
    });
    return true;
  }
}

/**
 * The class of a server for the engine of socket.io, which passes on only the limit of bytes.
 *
 * @param framesPerSecond of one client; `burst` is the number of further frames at once; 0 for no limit
 */
export function limitedServer(framesPerSecond: number, burst: number): ServerClass {
  return class extends WebSocketServer {
    constructor(options: ServerOptions = {}) {
      const limits = { ...receiveLimits(options.maxPayload ?? 0), closeTimeout: CLOSE_TIMEOUT_MS };
      super({ ...options, ...limits, WebSocket: CountingWebSocket });
    }

    override handleUpgrade(...[request, socket, head, done]: HandleUpgrade): void {
      super.handleUpgrade(request, socket, head, (webSocket, from) => {
        if (webSocket instanceof CountingWebSocket && framesPerSecond > 0)
          webSocket.frames = new TokenBucket(framesPerSecond, burst, performance.now());
        done(webSocket, from);
      });
    }
  };
}

type ServerClass = new (options?: ServerOptions) => WebSocketServer;
type HandleUpgrade = Parameters<WebSocketServer['handleUpgrade']>;

/** The members that are used here of the receiver of `ws`. Nothing else shows whether a message has begun. */
interface Receiver {
  readonly _bufferedBytes: number;
  /** 0 between two frames. */
  readonly _state: number;
  /** 0 between two messages. */
  readonly _fragmented: number;
  /** Whether it continues with the next frame of what has arrived. */
  _loop: boolean;
  /** Reads the frames of what has arrived. */
  startLoop(done: () => void): void;
}

/** Whether a part of a message has arrived. */
export function isWithinMessage(webSocket: WebSocket): boolean {
  const { _receiver: receiver } = webSocket as unknown as { readonly _receiver: Receiver };
  return receiver._fragmented !== 0 || receiver._state !== 0 || receiver._bufferedBytes > 0;
}

/** Reads nothing more from a client that has sent too much, not even the rest of what has arrived. */
export function stopReading(webSocket: WebSocket): void {
  webSocket.pause();
  const { _receiver: receiver } = webSocket as unknown as { readonly _receiver: Receiver };
  receiver._loop = false;
  // Otherwise, it would continue when it has inflated a message, and read all that has arrived when the connection ends.
  receiver.startLoop = (done) => done();
}

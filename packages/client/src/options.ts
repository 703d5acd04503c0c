import type { Abortable } from './abort.js';
import { LONGEST_TIMER_MS } from './timers.js';
import type { Transport } from './transport.js';
import { webSocket } from './websocket-wire.js';

/**
 * A JSON Web Token, or a function that returns one: it is called before every connection, so the token can be new
 * each time.
 */
export type TokenSource = string | (() => string | Promise<string>);

/** How to connect. */
export interface ConnectOptions extends Abortable {
  /** Token that says what the client may see, if the gateway requires one. */
  token?: TokenSource;
  /** API key, if the gateway requires one. */
  key?: string;
  /**
   * How to reach the gateway: over a plain WebSocket by default. If a network blocks WebSockets, use `socketIo()` of
   * `@viaduct/client/socket-io`.
   */
  transport?: Transport;
  /** Maximum of the first wait before reconnecting, in milliseconds; doubles with each attempt. Default: 1000. */
  reconnectMinMs?: number;
  /** Maximum of every wait before reconnecting, in milliseconds. Default: 30 000. */
  reconnectMaxMs?: number;
  /** Maximum wait for an answer, for the connection that it needs, or for a token, in milliseconds. Default: 20 000. */
  timeoutMs?: number;
}

/** The options with all defaults. */
export type Settings = Required<Omit<ConnectOptions, 'token' | 'key' | 'signal'>> &
  Pick<ConnectOptions, 'token' | 'key'>;

const DEFAULTS = {
  transport: webSocket,
  reconnectMinMs: 1000,
  reconnectMaxMs: 30_000,
  timeoutMs: 20_000,
} as const satisfies ConnectOptions;

/**
 * Fills in the defaults.
 *
 * @throws RangeError if a number of milliseconds is not positive, or longer than a timer
 */
export function settingsOf(options: ConnectOptions): Settings {
  const given = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
  const settings: Settings = { ...DEFAULTS, ...given };
  for (const name of ['reconnectMinMs', 'reconnectMaxMs', 'timeoutMs'] as const) {
    if (settings[name] > 0 && settings[name] <= LONGEST_TIMER_MS) continue;
    throw new RangeError(
      `${name} is ${settings[name]}; it must be a positive number of milliseconds, at most ${LONGEST_TIMER_MS}`,
    );
  }
  return settings;
}

/** The current token of a source; undefined if there is no source. */
export async function tokenOf(source: TokenSource | undefined): Promise<string | undefined> {
  return typeof source === 'function' ? source() : source;
}

/** A JSON Web Token, or what gets one: called before every connection, so that it can be a fresh one each time. */
export type TokenSource = string | (() => string | Promise<string>);

/** How to connect. */
export interface ConnectOptions {
  /** Token that says what the client may see, for a gateway that asks for one. */
  token?: TokenSource;
  /** API key, for a gateway that asks for one. */
  key?: string;
  /** What to connect with, in this order; by default WebSocket, and HTTP polling where WebSocket does not pass. */
  transports?: readonly ('websocket' | 'polling')[];
  /** Path of the gateway's socket.io endpoint; `/socket.io/` by default. */
  path?: string;
  /** Whether requests to another origin carry cookies, by which some proxies know a session's gateway. Default: false. */
  withCredentials?: boolean;
  /** Longest first wait before connecting again, in milliseconds; doubles with each attempt. Default: 1000. */
  reconnectMinMs?: number;
  /** Longest wait before connecting again, in milliseconds. Default: 30 000. */
  reconnectMaxMs?: number;
  /** How long an answer, or a connection that is needed for one, is waited for, in milliseconds. Default: 20 000. */
  timeoutMs?: number;
}

/** The options with all defaults in place. */
export type Settings = Required<Omit<ConnectOptions, 'token' | 'key'>> &
  Pick<ConnectOptions, 'token' | 'key'>;

const DEFAULTS = {
  transports: ['websocket', 'polling'],
  path: '/socket.io/',
  withCredentials: false,
  reconnectMinMs: 1000,
  reconnectMaxMs: 30_000,
  timeoutMs: 20_000,
} as const satisfies ConnectOptions;

/** Fills in the defaults. @throws RangeError where a number of milliseconds is not positive */
export function settingsOf(options: ConnectOptions): Settings {
  const given = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
  const settings: Settings = { ...DEFAULTS, ...given };
  for (const name of ['reconnectMinMs', 'reconnectMaxMs', 'timeoutMs'] as const) {
    if (settings[name] > 0) continue;
    throw new RangeError(`${name} is ${settings[name]}; it must be a positive number of milliseconds`);
  }
  return settings;
}

/** The token that a source has now; undefined where there is no source. */
export async function tokenOf(source: TokenSource | undefined): Promise<string | undefined> {
  return typeof source === 'function' ? source() : source;
}

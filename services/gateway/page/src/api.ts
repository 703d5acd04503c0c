/** What every answer says about its completeness. */
interface Answer {
  readonly complete: boolean;
  readonly missing: readonly string[];
}

export interface Replicas extends Answer {
  readonly replicas: readonly {
    readonly id: string;
    readonly version: string;
    readonly uptime: number;
    readonly ready: boolean;
    readonly draining: boolean;
    readonly connections: { readonly raw: number; readonly 'socket.io': number; readonly sse: number };
  }[];
}

export interface Busiest extends Answer {
  readonly channels: readonly {
    readonly channel: string;
    readonly messagesPerSecond: number;
    readonly bytesPerSecond: number;
    readonly subscribers: number;
  }[];
}

export interface Session {
  readonly id: string;
  readonly transport: string;
  readonly since: number;
  readonly address: string | null;
  readonly subscriptions: readonly string[];
  readonly subscriptionCount: number;
  readonly view: {
    readonly projection: string;
    readonly axisOrder: string;
    readonly bbox: Readonly<Record<'left' | 'bottom' | 'right' | 'top', number>> | null;
    readonly boxCrs: string;
    readonly trim: boolean;
    readonly hints: readonly string[];
    readonly namedHints: Readonly<Record<string, string>>;
    readonly held: boolean;
  };
  readonly buffer: { readonly size: number; readonly ms: number } | null;
  readonly queuedBytes: number;
  readonly account: {
    readonly key: string | null;
    readonly connections: number;
    readonly subscriptions: number;
    readonly limits: Readonly<Partial<Record<'connections' | 'subscriptions' | 'bytesPerSecond', number>>>;
  } | null;
}

export interface Sessions extends Answer {
  readonly total: number;
  readonly truncated: boolean;
  readonly replicas: readonly { readonly id: string; readonly sessions: readonly Session[] }[];
}

export interface OneSession extends Answer {
  readonly replica: string;
  readonly session: Session;
}

/** The API refused a request. The message is its own. */
export class Refusal extends Error {
  override readonly name = 'Refusal';

  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

/** Calls the admin API of the gateway that served this page. */
export class Api {
  readonly #token: string;

  constructor(token: string) {
    this.#token = token;
  }

  get<T>(path: string, parameters: Readonly<Record<string, string>> = {}): Promise<T> {
    const query = new URLSearchParams(parameters).toString();
    return this.#call<T>('GET', query === '' ? path : `${path}?${query}`);
  }

  async disconnect(id: string): Promise<void> {
    await this.#call('DELETE', `sessions/${encodeURIComponent(id)}`);
  }

  /** Returns the number of sessions that the notice goes to. */
  async notice(message: string): Promise<number> {
    const { sessions } = await this.#call<{ sessions: number }>(
      'POST',
      'notice',
      JSON.stringify({ message }),
    );
    return sessions;
  }

  async #call<T>(method: string, path: string, body: string | null = null): Promise<T> {
    const response = await fetch(`./${path}`, {
      method,
      body,
      headers: { authorization: `Bearer ${this.#token}` },
      cache: 'no-store',
    });
    const answer = (await response.json()) as T & { error?: { message: string } };
    if (!response.ok) throw new Refusal(response.status, answer.error?.message ?? response.statusText);
    return answer;
  }
}

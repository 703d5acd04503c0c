import { compareStreamIds } from '@viaduct/protocol';
import { ConnectionError, ViaductError } from './errors.js';
import { Attempts } from './retry.js';
import type { CommandEvent } from './transport.js';

export type SendCommand = (event: CommandEvent, options: object, timeoutMs?: null) => Promise<unknown>;

/** The options of the next SUB. */
export interface Request {
  /** Whether to request the state of the channel: as a live view if that is wanted and possible, else as a snapshot. */
  state: boolean;
  /** Id of a stream entry: the entries after it are requested. */
  since: string | null;
}

/** The owner of a subscription. */
export interface WireOwner {
  readonly isEmpty: boolean;
  /** Whether a live view is wanted. */
  readonly wantsLive: boolean;
  /** A SUB is about to be sent. */
  asking(): void;
  subscribed(): void;
  /** A SUB was refused for a temporary reason, and will be sent again. */
  delayed(error: unknown): void;
  refused(error: ViaductError | ConnectionError): void;
}

/** What is known about live views in a session. */
export interface LiveSupport {
  /** False if the gateway of the current session does not know them. */
  isKnown: boolean;
}

/** The subscription of a session to a channel: one SUB at a time. */
export class ChannelWire {
  readonly #channel: string;
  readonly #send: SendCommand;
  readonly #live: LiveSupport;
  readonly #owner: WireOwner;
  #next: Request | null = null;
  #sending = false;
  #confirmed = false;
  #isLive = false;
  /** Whether the gateway cannot keep a live view of this channel, in this session. */
  #liveRefused = false;
  #expectsState = false;
  #hasSentView = false;

  constructor(channel: string, send: SendCommand, live: LiveSupport, owner: WireOwner) {
    this.#channel = channel;
    this.#send = send;
    this.#live = live;
    this.#owner = owner;
  }

  /** Whether the current session is subscribed. */
  get confirmed(): boolean {
    return this.#confirmed;
  }

  get isSending(): boolean {
    return this.#sending;
  }

  /** Whether the gateway keeps a live view, or was asked for one. */
  get isLive(): boolean {
    return this.#isLive;
  }

  /** Whether the gateway has sent the live view from its beginning, and nothing of it was missed. */
  get isHeld(): boolean {
    return this.#isLive && this.#hasSentView;
  }

  /** Whether the state was requested and has not begun to arrive. */
  get expectsState(): boolean {
    return this.#expectsState;
  }

  /** Whether the state will be requested by the next SUB. */
  get willAskState(): boolean {
    return this.#next?.state === true;
  }

  /** Sends a SUB, together with other requests that wait. */
  ask(request: Request): void {
    const { state = false, since = null } = this.#next ?? {};
    this.#next = { state: state || request.state, since: earlier(since, request.since) };
    if (request.state) this.#hasSentView = false;
    if (!this.#sending) void this.#sendAll();
  }

  /** Requests the state, unless all of it is still to arrive. */
  askState(): void {
    const isComing = this.#expectsState && this.#isLive === this.#mayBeLive;
    if (!isComing) this.ask({ state: true, since: null });
  }

  /** A snapshot has begun to arrive. */
  stateBegins(): void {
    this.#expectsState = false;
    this.#hasSentView = true;
  }

  /** The gateway has ended the live view. */
  liveEnded(): void {
    this.#isLive = false;
    this.#liveRefused = true;
  }

  /** The session has ended. */
  lost(): void {
    this.#next = null;
    this.#confirmed = false;
    this.#isLive = false;
    this.#liveRefused = false;
    this.#expectsState = false;
  }

  /** One SUB at a time, so that they do not pile up if the view changes faster than snapshots arrive. */
  async #sendAll(): Promise<void> {
    const attempts = new Attempts();
    this.#sending = true;
    for (let request = this.#next; request !== null && !this.#owner.isEmpty; request = this.#next) {
      this.#next = null;
      try {
        await this.#subscribe(request);
      } catch (error) {
        // The next session requests everything again.
        if (error instanceof ConnectionError) break;
        this.#expectsState = false;
        if (this.#canDoWithoutLive(error)) this.#again(request);
        else if (await attempts.mayFollow(error)) {
          this.#owner.delayed(error);
          this.#again(request);
        } else this.#owner.refused(asRefusal(error));
      }
    }
    // In the same turn as the end of the loop, so that a request in between is not lost.
    this.#sending = false;
  }

  get #mayBeLive(): boolean {
    return this.#owner.wantsLive && this.#live.isKnown && !this.#liveRefused;
  }

  async #subscribe({ state, since }: Request): Promise<void> {
    const channel = this.#channel;
    if (state) {
      this.#isLive = this.#mayBeLive;
      this.#expectsState = true;
    }
    this.#owner.asking();
    const sends = this.#isLive && state;
    // Live views need no `since`, but other subscriptions to the channel do.
    if (since !== null || !sends) {
      await this.#sub({
        channel,
        ...(state && !sends && { snapshot: true }),
        ...(since !== null && { since }),
      });
    }
    // It may have been given up while the first command was on its way.
    if (sends && !this.#owner.isEmpty) await this.#sub({ channel, live: true });
    this.#confirmed = true;
    this.#owner.subscribed();
  }

  async #sub(options: object): Promise<void> {
    await this.#send('sub', options, null);
  }

  /** Whether to request a snapshot instead of a live view after this error. */
  #canDoWithoutLive(error: unknown): boolean {
    if (!this.#isLive || !(error instanceof ViaductError)) return false;
    if (error.code === 'unknown_argument') this.#live.isKnown = false;
    else if (error.code === 'live_too_big') this.#liveRefused = true;
    return !this.#mayBeLive;
  }

  /** Repeats a failed request, together with later ones. */
  #again({ state, since }: Request): void {
    const next = this.#next ?? { state: false, since: null };
    this.#next = { state: state || next.state, since: earlier(since, next.since) };
  }
}

/** Why there is no subscription. An error that is not the gateway's means that the command was not sent. */
function asRefusal(error: unknown): ViaductError {
  if (error instanceof ViaductError) return error;
  return new ViaductError('invalid_argument', `cannot send SUB: ${String(error)}`, 'SUB');
}

/** The earlier of two entry ids; null stands for none. */
export function earlier(a: string | null, b: string | null): string | null {
  if (a === null || b === null) return a ?? b;
  return compareStreamIds(a, b) < 0 ? a : b;
}

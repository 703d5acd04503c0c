import { type Bbox, type Crs, resolveCrs, type View } from '@viaduct/geo-worker';
import type { Identity } from '../auth/grant.js';
import type { SessionClient } from '../auth/hooks.js';
import type { CommandContext, CommandView, SubscribeOptions } from '../commands/context.js';
import { type BoxOptions, type Filter, viewKey } from '../delivery/member.js';
import { frozenCopy } from './frozen-copy.js';
import type { SessionParts } from './parts.js';
import type { Publisher } from './publisher.js';
import type { Reads } from './reads.js';
import { renew } from './renewal.js';
import type { SessionServices } from './services.js';
import type { SessionView } from './view.js';

/** What the context needs of the session besides its parts. */
interface ContextSession {
  readonly id: string;
  readonly reads: Reads;
  readonly publisher: Publisher;
}

/** The part of a session that commands can use. A class, because closures would cost memory for every session. */
export class SessionContext implements CommandContext {
  readonly #services: SessionServices;
  readonly #parts: SessionParts;
  readonly #view: CommandView;
  readonly #session: ContextSession;
  #client: SessionClient | null = null;
  #clientOf: Identity | null = null;

  constructor(services: SessionServices, parts: SessionParts, session: ContextSession) {
    this.#services = services;
    this.#parts = parts;
    this.#session = session;
    this.#view = new ReadOnlyView(parts.view);
    Object.freeze(this);
  }

  get view(): CommandView {
    return this.#view;
  }

  get client(): SessionClient {
    const { identity } = this.#parts.access;
    if (this.#client === null || this.#clientOf !== identity) {
      const { transport, address } = this.#parts.connection;
      this.#clientOf = identity;
      this.#client = frozenCopy({ ...identity, transport, address, session: this.#session.id });
    }
    return this.#client;
  }

  answer(source: string, content: unknown, clientRef?: string | null): void {
    this.#parts.answers.answer(source, content, clientRef);
  }

  warn(message: string): void {
    this.#parts.answers.warn(message);
  }

  sendHash(key: string, clientRef?: string | null, view?: View): Promise<number> {
    return this.#session.reads.sendHash(key, clientRef, view);
  }

  sendField(key: string, field: string, clientRef?: string | null, view?: View): Promise<void> {
    return this.#session.reads.sendField(key, field, clientRef, view);
  }

  readHash(key: string): AsyncIterable<unknown> {
    return this.#session.reads.values(key);
  }

  readField(key: string, field: string): Promise<unknown> {
    return this.#session.reads.value(key, field);
  }

  subscribe(channel: string, options: SubscribeOptions = {}): void | Promise<void> {
    try {
      this.#parts.access.checkReadable(channel);
      if (this.#services.hooks.has('subscribe')) return this.#subscribeIfAgreed(channel, options);
      return this.#parts.subscriptions.subscribe(channel, options);
    } catch (error) {
      // A command that subscribes to several channels at once must be able to catch the errors of all.
      return Promise.reject(error);
    }
  }

  async #subscribeIfAgreed(channel: string, options: SubscribeOptions): Promise<void> {
    const { snapshot = false, live = false, since = null } = options;
    await this.#services.hooks.subscribe(this.client, { channel, snapshot, live, since });
    await this.#parts.subscriptions.subscribe(channel, options);
  }

  unsubscribe(channel: string): void {
    this.#parts.subscriptions.unsubscribe(channel);
  }

  resolveCrs(name: string): Promise<Crs> {
    return resolveCrs(name);
  }

  setProjection(view: View): void {
    const { view: own, subscriptions } = this.#parts;
    subscriptions.enterViews(viewKey(own.effective(view), null));
    own.setProjection(view);
  }

  setBox(bbox: Bbox, options?: BoxOptions): void {
    this.#parts.view.setBox(bbox, options);
  }

  clearBox(): void {
    this.#parts.view.clearBox();
  }

  hold(): void {
    this.#parts.view.hold();
  }

  setFilter(name: string, filter: Filter | null): void {
    this.#parts.view.setFilter(name, filter);
  }

  setBuffer(size: number, ms: number): void {
    this.#parts.outbox.buffer(size, ms);
  }

  publish(channel: string, json: string): Promise<void> {
    const { hooks } = this.#services;
    const agreed = hooks.has('publish')
      ? (content: unknown) => hooks.publish(this.client, { channel, content })
      : null;
    return this.#session.publisher.publish(channel, json, agreed);
  }

  renew(token: string): Promise<void> {
    return renew(token, this.#parts, this.#services.metrics);
  }

  dropQueued(): void {
    this.#parts.outbox.drop();
  }
}

/** A read-only session view. */
class ReadOnlyView implements CommandView {
  readonly #view: SessionView;

  constructor(view: SessionView) {
    this.#view = view;
    Object.freeze(this);
  }

  get crs(): Crs {
    return this.#view.crs;
  }

  get axisOrder(): View['axisOrder'] {
    return this.#view.axisOrder;
  }

  get precision(): number | null {
    return this.#view.precision;
  }

  get bbox(): Readonly<Bbox> | null {
    return this.#view.bbox;
  }

  get boxCrs(): Crs {
    return this.#view.boxCrs;
  }

  get boxOptions(): BoxOptions {
    return this.#view.boxOptions;
  }

  get held(): boolean {
    return this.#view.held;
  }
}

Object.freeze(SessionContext.prototype);
Object.freeze(ReadOnlyView.prototype);

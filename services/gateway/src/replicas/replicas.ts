import { randomBytes } from 'node:crypto';
import type { Logger } from 'pino';
import { z } from 'zod';
import type { ReportInternalError } from '../observability/errors.js';
import { RateLimitedLogger } from '../observability/logger.js';
import type { RedisAccessOptions } from '../sources/redis/url.js';
import type { SocketIoTransport } from '../transports/socket-io/transport.js';
import type { ReplicaEvents, Reply } from './events.js';
import { Presence } from './presence.js';
import {
  ANSWERS,
  type Answer,
  isQuestion,
  PARAMETERS,
  type ParametersOf,
  type Question,
  type QuestionHandlers,
} from './questions.js';
import { ReplicaRedis } from './redis.js';

/** Time between two signs of life, in milliseconds. */
const PRESENT_MS = 2_000;

/** Maximum duration of a question, in milliseconds; the adapter has stopped waiting for answers by then. */
const QUESTION_MS = 1_300;

export interface ReplicasOptions {
  /** Id of this replica: letters, digits, `.`, `_` and `-`. */
  replica: string;
  /** The Redis that the replicas share; null if there can be no others. */
  redis: { url: string; access: RedisAccessOptions; group: string; commandTimeoutMs: number } | null;
  /** Answers for this replica. */
  handlers: QuestionHandlers;
  logger: Logger;
  reportInternalError: ReportInternalError;
}

/** A replica that is running but did not answer. */
export interface MissingReplica {
  id: string;
  /** When this replica last heard from it: milliseconds since the epoch; null for never. */
  lastSeen: number | null;
}

/** The result of a question. */
export interface Answers<T> {
  /** By replica id. */
  answers: Map<string, T>;
  /** In the order of their ids. */
  missing: MissingReplica[];
  /** False if a replica is missing, or if other replicas are unreachable. */
  complete: boolean;
}

const UNREADABLE = 'cannot read a message of another replica; do the replicas have different versions?';

const DUPLICATE_ID =
  'another gateway has the same REPLICA_ID; give each its own, or none: reports add a suffix to tell them apart';

const REPLY = z.object({ replica: z.string(), instance: z.string(), answer: z.unknown() });

/**
 * This replica among the others. Replicas announce themselves to each other, and answer each other's questions,
 * through socket.io's adapter. No data passes there.
 */
export class Replicas {
  readonly replica: string;
  /** Distinguishes this process from others that are configured with the same id. */
  readonly #instance = randomBytes(3).toString('hex');
  readonly #name: string;
  readonly #io: SocketIoTransport<ReplicaEvents>['io'];
  readonly #handlers: QuestionHandlers;
  readonly #redis: ReplicaRedis | null;
  readonly #presence = new Presence();
  readonly #logger: Logger;
  readonly #rateLimited: RateLimitedLogger;
  readonly #reportInternalError: ReportInternalError;
  #connected = false;
  #announcements: NodeJS.Timeout | undefined;

  /** Attaches the adapter if there can be other replicas; the server must not have clients yet. */
  constructor(
    io: SocketIoTransport<ReplicaEvents>['io'],
    { replica, redis, handlers, logger, reportInternalError }: ReplicasOptions,
  ) {
    this.replica = replica;
    this.#name = nameOf(replica, this.#instance);
    this.#io = io;
    this.#handlers = handlers;
    this.#logger = logger;
    this.#rateLimited = new RateLimitedLogger(logger);
    this.#reportInternalError = reportInternalError;
    const changed = (): void => this.#linkChanged();
    this.#redis = redis === null ? null : new ReplicaRedis({ ...redis, name: this.#name, logger, changed });
    if (this.#redis === null) return;
    io.adapter(this.#redis.adapter);
    io.on('ask', (question, parameters, only, acknowledge) =>
      acknowledge(this.#reply(question, parameters, only)),
    );
    io.on('present', (other, instance) => this.#seen(other, instance));
    io.on('left', (other, instance) => this.#presence.left(nameOf(other, instance)));
  }

  /** Whether the other replicas are reachable; true if there can be none. */
  get connected(): boolean {
    return this.#redis?.connected ?? true;
  }

  open(): void {
    if (this.#redis === null) return;
    this.#redis.open();
    this.#announcements = setInterval(() => this.#announce(), PRESENT_MS);
  }

  async close(): Promise<void> {
    clearInterval(this.#announcements);
    if (this.#redis === null) return;
    if (this.#redis.connected) this.#io.serverSideEmit('left', this.replica, this.#instance);
    await this.#redis.close();
  }

  /**
   * Asks all replicas, including this one, or only one. Resolves within {@link QUESTION_MS}, whether Redis and the
   * others answer or not.
   *
   * @param only id of that one, or its name in earlier answers
   */
  async ask<Q extends Question>(
    question: Q,
    parameters: ParametersOf<Q>,
    only: string | null = null,
  ): Promise<Answers<Answer<Q>>> {
    const own = only === null || this.#isCalled(only) ? this.#handlers[question](parameters) : null;
    const ownAs = (name: string) => new Map<string, Answer<Q>>(own === null ? [] : [[name, own]]);
    if (this.#redis === null || (only !== null && own !== null))
      return { answers: ownAs(only ?? this.replica), missing: [], complete: true };
    const answers = ownAs(this.#name);
    const { replies, running } = await this.#askOthers(this.#redis, question, parameters, only);
    for (const { replica, instance, answer } of replies) {
      const name = nameOf(replica, instance);
      this.#seen(replica, instance);
      const checked = ANSWERS[question].safeParse(answer);
      if (checked.success) answers.set(name, checked.data);
      else if (answer !== undefined)
        this.#rateLimited.warn({ replica: name, error: checked.error.message }, UNREADABLE);
    }
    const known = new Set([this.#name, ...(running ?? []), ...this.#presence.replicas, ...answers.keys()]);
    const shown = shownNames(known);
    const missing = [...known]
      .filter((name) => name !== this.#name && !answers.has(name))
      .filter((name) => only === null || only === name || only === idOf(name))
      .map((name) => ({ id: shown(name), lastSeen: this.#presence.lastSeen(name) }))
      .sort(byId);
    const named = new Map([...answers].map(([name, answer]) => [shown(name), answer]));
    return { answers: named, missing, complete: missing.length === 0 && running !== null };
  }

  /** The replies of others, and the replicas that Redis knows; null if Redis does not answer. */
  async #askOthers(
    redis: ReplicaRedis,
    question: Question,
    parameters: unknown,
    only: string | null,
  ): Promise<{ replies: Reply[]; running: string[] | null }> {
    if (!redis.connected) return { replies: [], running: null };
    const replied = new Promise<unknown[]>((resolve) => {
      this.#io.serverSideEmit('ask', question, parameters, only, (_late, replies) => resolve(replies));
    });
    const listed = redis.replicas().catch(() => null);
    const [replies, running] = await Promise.all([inTime(replied, []), inTime(listed, null)]);
    if (running !== null) this.#presence.forgetOverdue(new Set(running));
    return { replies: replies.flatMap((reply) => REPLY.safeParse(reply).data ?? []), running };
  }

  #reply(question: string, parameters: unknown, only: string | null): Reply {
    const own: Reply = { replica: this.replica, instance: this.#instance };
    if (only !== null && !this.#isCalled(only)) return own;
    try {
      if (isQuestion(question)) return { ...own, ...this.#answer(question, parameters) };
    } catch (error) {
      this.#reportInternalError(error, { where: 'answer to another replica', question });
      return own;
    }
    this.#rateLimited.warn({ question }, UNREADABLE);
    return own;
  }

  #isCalled(idOrName: string): boolean {
    return idOrName === this.replica || idOrName === this.#name;
  }

  /** Another replica gives a sign of life. */
  #seen(id: string, instance: string): void {
    this.#presence.seen(nameOf(id, instance));
    if (id === this.replica) this.#rateLimited.warn({ replica: id, instance }, DUPLICATE_ID);
  }

  #answer<Q extends Question>(question: Q, parameters: unknown): { answer?: Answer<Q> } {
    const understood = PARAMETERS[question].safeParse(parameters);
    if (understood.success) return { answer: this.#handlers[question](understood.data) };
    this.#rateLimited.warn({ question, error: understood.error.message }, UNREADABLE);
    return {};
  }

  #announce(): void {
    if (this.connected) this.#io.serverSideEmit('present', this.replica, this.#instance);
  }

  #linkChanged(): void {
    if (this.connected === this.#connected) return;
    this.#connected = this.connected;
    const fields = { replica: this.replica };
    if (!this.#connected) {
      this.#rateLimited.warn(fields, 'cannot reach other replicas; trying again');
      return;
    }
    this.#logger.info(fields, 'reached other replicas');
    this.#presence.renew();
    this.#announce();
  }
}

/** What a replica is called among the others, also among those with the same id. No id holds a `~` by itself. */
function nameOf(id: string, instance: string): string {
  return `${id}~${instance}`;
}

function idOf(name: string): string {
  return name.slice(0, name.lastIndexOf('~'));
}

/** How reports call replicas: by their ids, or by their names if several have one id. */
function shownNames(names: ReadonlySet<string>): (name: string) => string {
  const sharing = new Map<string, number>();
  for (const id of [...names].map(idOf)) sharing.set(id, (sharing.get(id) ?? 0) + 1);
  return (name) => (sharing.get(idOf(name)) === 1 ? idOf(name) : name);
}

function byId({ id: a }: MissingReplica, { id: b }: MissingReplica): number {
  return a < b ? -1 : Number(a > b);
}

/** The promise's value, or `fallback` if it takes longer than {@link QUESTION_MS}. */
async function inTime<T>(promise: Promise<T>, fallback: T): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<T>((resolve) => {
    timer = setTimeout(resolve, QUESTION_MS, fallback);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

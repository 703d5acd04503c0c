import type { Config } from '../config/config.js';
import { isCluster } from '../config/redis-settings.js';
import { sourceOptions } from '../config/source-options.js';
import { createSource, type Source, SourceError, type SourceLogger } from '../sources/index.js';
import type { TriedName } from './check-names.js';
import { denialOf } from './check-rights.js';

/** Keeps the first failure that a source reports: later ones are repetitions. */
class FirstFailure implements SourceLogger {
  text: string | null = null;
  #occur = (): void => {};

  /** Resolves at the first failure. */
  readonly occurred = new Promise<void>((resolve) => {
    this.#occur = resolve;
  });

  info(): void {}

  warn(): void {}

  error(fields: object, message: string): void {
    this.text ??= 'error' in fields ? String(fields.error) : message;
    this.#occur();
  }
}

/** Which names do not work in Redis. */
interface NameProblems {
  /** What Redis denies the gateway's user, one sentence each. */
  denied: string[];
  /** What Redis could not do for another reason, one sentence each. */
  failed: string[];
  /** Names in `CHANNELS` whose keys are not hashes. */
  notHashes: string[];
}

/** A source that connects exactly as a gateway does. */
export class CheckedSource {
  /** Discards what further connections would log. */
  readonly logger: SourceLogger;
  readonly #failure = new FirstFailure();
  readonly #timeoutMs: number;
  readonly #isCluster: boolean;
  readonly #source: Source;
  readonly #received: (channel: string, text: string) => void;
  #wasInterrupted = false;

  /** @param received called for each message of a subscribed channel */
  constructor(config: Config, received: (channel: string, text: string) => void = ignore) {
    this.#received = received;
    this.logger = this.#failure;
    this.#timeoutMs = config.redis.timeoutMs;
    this.#isCluster = isCluster(config.redis.url);
    this.#source = createSource(sourceOptions(config, this.#failure));
  }

  /** Whether it lost the connection after it was ready: it may have missed messages. */
  get wasInterrupted(): boolean {
    return this.#wasInterrupted;
  }

  /** Connects; resolves with why that failed, or with null if a gateway would be ready. */
  async connect(): Promise<string | null> {
    const timeoutMs = this.#timeoutMs;
    let timer: NodeJS.Timeout | undefined;
    const ready = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, timeoutMs);
      const interrupted = (): void => {
        this.#wasInterrupted = true;
      };
      const state = (isReady: boolean): void => {
        if (isReady) resolve();
        else interrupted();
      };
      const listener = {
        message: this.#received,
        resumed: interrupted,
        lost: ignore,
        denied: ignore,
        tooSlow: ignore,
        roundTrip: ignore,
        state,
      };
      void this.#source.start(listener);
    });
    // In a Redis Cluster, a failure need not matter: the source is ready as soon as it has tried the other masters.
    await (this.#isCluster ? ready : Promise.race([ready, this.#failure.occurred]));
    clearTimeout(timer);
    if (this.#source.ready) return null;
    return this.#failure.text ?? `no answer within ${timeoutMs} ms (REDIS_TIMEOUT_MS)`;
  }

  /** Reads and subscribes to names: an ACL may allow only some of them. */
  async tryNames(names: readonly TriedName[]): Promise<NameProblems> {
    const { streams } = this.#source;
    const found: NameProblems = { denied: [], failed: [], notHashes: [] };
    for (const tried of names) {
      const { name, key, isStream, isNotified, isGlob } = tried;
      const get = await failureOf(() => this.#source.hashField(key, ''));
      if (get instanceof SourceError && get.code === 'wrong_type') {
        if (!isGlob) found.notHashes.push(key);
      } else note(found, tried, `GET ${key}`, get);
      note(found, tried, `SUB ${name}`, await failureOf(() => this.#source.subscribe(name)));
      const changes = isNotified ? (this.#source.changesOf?.(key) ?? null) : null;
      if (changes !== null) {
        const failure = await failureOf(() => this.#source.subscribe(changes));
        note(found, tried, `follow changes of ${key}, on ${changes}`, failure);
      }
      if (isStream) {
        const read = () => streams.after(name, '0-0', 1);
        note(found, tried, `recover entries of ${name}`, await failureOf(read));
      }
    }
    return found;
  }

  /**
   * Subscribes to a channel.
   *
   * @throws SourceError
   */
  subscribe(channel: string): Promise<void> {
    return this.#source.subscribe(channel);
  }

  /** Whether a channel has only notifications of changes. */
  isChanges(channel: string): boolean {
    return this.#source.isChanges?.(channel) === true;
  }

  /**
   * A field of a hash; null if there is none.
   *
   * @throws SourceError
   */
  field(key: string, field: string): Promise<string | null> {
    return this.#source.hashField(key, field);
  }

  close(): Promise<void> {
    return this.#source.close();
  }
}

function note(found: NameProblems, tried: TriedName, what: string, failure: Error | null): void {
  if (failure === null) return;
  const { message } = failure.cause instanceof Error ? failure.cause : failure;
  const isDenial = failure instanceof SourceError && failure.code === 'not_allowed';
  if (isDenial) {
    const denial = denialOf(tried, what, message);
    if (denial !== null) found.denied.push(denial);
  } else if (!tried.isGlob) found.failed.push(`clients could not ${what}: ${message}`);
}

/** Ignores all events but the state. */
function ignore(): void {}

async function failureOf(run: () => Promise<unknown>): Promise<Error | null> {
  try {
    await run();
    return null;
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

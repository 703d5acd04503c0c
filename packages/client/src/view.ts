import { ConnectionError } from './errors.js';
import { Attempts, delayedError } from './retry.js';
import type { CommandEvent } from './transport.js';

/**
 * `[minX, minY, maxX, maxY]` in the session's projection. If that wraps around the earth, the box may be any number of
 * worlds away, and a box whose minX is greater than its maxX crosses the antimeridian.
 */
export type Box = readonly [minX: number, minY: number, maxX: number, maxY: number];

/** The view of a session: features in the box, in the projection. */
export interface View {
  /** Such as `epsg:3857`; null for the gateway's own choice, usually `epsg:4326`. */
  readonly projection: string | null;
  /** Coordinates are rounded to this step, in units of the projection; null for the gateway's own. */
  readonly precision: number | null;
  /** Null for no box: everything everywhere. */
  readonly box: Box | null;
  /** Whether collections are reduced to the features in the box. */
  readonly trim: boolean;
  /** Further named arguments of BBOX for the gateway's own filters and commands. */
  readonly hints: Readonly<Record<string, string | number>>;
}

/** The view of a new session. */
export const INITIAL_VIEW: View = { projection: null, precision: null, box: null, trim: false, hints: {} };

type SendCommand = (event: CommandEvent, options: object, succeeded?: () => void) => Promise<unknown>;

export interface ViewObserver {
  /** The view will change: everything known belongs to `previous`. */
  viewWanted(view: View, previous: View): void;
  /** The gateway's view has changed. */
  viewApplied(): void;
  /** A wanted view was refused, or replaced before it applied: features that were dropped for it are missing. */
  viewMissed(): void;
}

interface Waiter {
  /** The wanted view when the wait began. */
  readonly view: View;
  /** On the clock of `performance.now()`. */
  readonly since: number;
  resolve(): void;
  reject(error: unknown): void;
}

/**
 * Keeps the gateway's view of the session equal to the wanted one, across connections. If views change faster than
 * they can be set, only the newest one is.
 *
 * In the protocol, the CRS of a box depends on what was set first. Here a box is always in the session's projection:
 * before another projection, RESET clears the old box and holds features back until the next box is set.
 */
export class ViewKeeper {
  readonly #send: SendCommand;
  readonly #timeoutMs: number;
  readonly #observer: ViewObserver;
  #wanted: View = INITIAL_VIEW;
  /** Null while there is no session. */
  #applied: View | null = null;
  #switching = false;
  /** Whether nothing was subscribed in this session yet, so that nothing can arrive in an old projection. */
  #fresh = true;
  #running: Promise<void> | null = null;
  #isApplying = false;
  readonly #waiters: Waiter[] = [];

  /** @param timeoutMs how long a view may be refused for temporary reasons before that is reported */
  constructor(send: SendCommand, timeoutMs: number, observer: ViewObserver) {
    this.#send = send;
    this.#timeoutMs = timeoutMs;
    this.#observer = observer;
  }

  get wanted(): View {
    return this.#wanted;
  }

  /** Whether the wanted view applies. */
  get inForce(): boolean {
    return this.#applied === this.#wanted;
  }

  /** Whether arriving features may still be in a projection that is no longer wanted. */
  get switching(): boolean {
    return this.#switching;
  }

  /**
   * Changes the wanted view; resolves when it applies.
   *
   * @throws ViaductError if the gateway refuses it
   */
  set(change: Partial<View>): Promise<void> {
    const previous = this.#wanted;
    this.#wanted = { ...previous, ...change };
    if (!sameProjection(previous, this.#wanted)) this.#switching = true;
    this.#observer.viewWanted(this.#wanted, previous);
    const applied = this.settled();
    if (this.#applied !== null) void this.#run();
    return applied;
  }

  /** Resolves when the wanted view applies. */
  settled(): Promise<void> {
    if (this.inForce) return Promise.resolve();
    return new Promise((resolve, reject) => {
      this.#waiters.push({ view: this.#wanted, since: performance.now(), resolve, reject });
    });
  }

  /** A session has started. Resolves when it has the wanted view, or has ended. */
  async opened(): Promise<void> {
    this.#applied = INITIAL_VIEW;
    this.#fresh = true;
    await this.#run();
  }

  /** The session has ended. */
  lost(): void {
    this.#applied = null;
  }

  /** There will be no other session. */
  end(error: Error): void {
    this.#applied = null;
    for (const waiter of this.#waiters.splice(0)) waiter.reject(error);
  }

  #run(): Promise<void> {
    if (this.#running !== null) return this.#running;
    const running = this.#applyAll();
    // Null if it has ended already, because there was nothing to do.
    this.#running = this.#isApplying ? running : null;
    return running;
  }

  async #applyAll(): Promise<void> {
    const attempts = new Attempts();
    let refused = false;
    this.#isApplying = true;
    while (this.#applied !== null && !this.inForce) {
      const from = this.#applied;
      const target = this.#wanted;
      try {
        await this.#apply(from, target);
        this.#observer.viewApplied();
      } catch (error) {
        // The next session gets the view again.
        if (error instanceof ConnectionError) break;
        if (await attempts.mayFollow(error)) {
          this.#delayed(error);
          continue;
        }
        refused = true;
        this.#refused(from, target, error);
      }
    }
    // In the same turn as the end of the loop, so that a view that is set in between is not lost.
    this.#isApplying = false;
    this.#running = null;
    if (this.inForce) this.#settle(refused);
  }

  #settle(refused: boolean): void {
    const missed = this.#switching || refused;
    this.#switching = false;
    this.#fresh = false;
    if (missed) this.#observer.viewMissed();
    for (const waiter of this.#waiters.splice(0)) waiter.resolve();
  }

  async #apply(from: View, target: View): Promise<void> {
    if (!sameProjection(from, target)) await this.#project(from, target);
    else if (!sameBox(from, target)) await this.#setBox(target);
    else this.#become(target);
  }

  /** Sends the box of a view, which then applies. Any BBOX, even without sides, ends RESET. */
  async #setBox(target: View): Promise<void> {
    await this.#send('bbox', bboxOptions(target), () => this.#become(target));
  }

  #become(view: View): void {
    if (this.#applied !== null) this.#applied = view;
  }

  async #project(from: View, target: View): Promise<void> {
    const { projection, precision } = target;
    const options = { projection: projection ?? DATA_CRS, ...(precision !== null && { precision }) };
    // Without RESET, a box that has been set before stays in its own CRS.
    if (this.#fresh && from.box === null) {
      await this.#send('projection', options);
    } else {
      const [, projected] = await Promise.allSettled([
        this.#send('reset', {}),
        this.#send('projection', options),
      ]);
      if (projected.status === 'rejected') {
        await this.#setBox(from);
        throw projected.reason;
      }
    }
    this.#switching = !sameProjection(target, this.#wanted);
    this.#become({ ...target, box: null });
    await this.#setBox(target);
  }

  /** The view will be sent again: tells callers that have waited too long. */
  #delayed(cause: unknown): void {
    const last = performance.now() - this.#timeoutMs;
    const late = this.#waiters.filter(({ since }) => since <= last);
    for (const waiter of late) {
      this.#waiters.splice(this.#waiters.indexOf(waiter), 1);
      waiter.reject(delayedError('the view is not set', this.#timeoutMs, cause));
    }
  }

  #refused(from: View, target: View, error: unknown): void {
    if (this.#wanted === target) {
      this.#wanted = from;
      this.#observer.viewWanted(from, target);
    }
    // Later callers wait for a view that was wanted after it.
    const affected = this.#waiters.findLastIndex(({ view }) => view === target) + 1;
    for (const waiter of this.#waiters.splice(0, affected)) waiter.reject(error);
  }
}

/** The CRS of the data, and of a session that names no other. */
const DATA_CRS = 'epsg:4326';

/** Whether the features of two views have the same coordinates. */
export function sameProjection(a: View, b: View): boolean {
  return a.projection === b.projection && a.precision === b.precision;
}

function sameBox(a: View, b: View): boolean {
  return a.box === b.box && a.trim === b.trim && a.hints === b.hints;
}

/** The options of a `bbox` command; none for no box. */
function bboxOptions({ box, trim, hints }: View): object {
  if (box === null) return {};
  const [left, bottom, right, top] = box;
  return { ...hints, left, bottom, right, top, ...(trim && { trim }) };
}

/** @throws RangeError if the numbers are not a valid box */
export function checkBox(box: Box): Box {
  const [minX, minY, maxX, maxY] = box;
  if (box.length !== 4 || !box.every(Number.isFinite)) {
    throw new RangeError(
      `[${box}] is not a valid box; it must be four finite numbers: minX, minY, maxX, maxY`,
    );
  }
  if (minY > maxY)
    throw new RangeError(`the box [${box}] has minY ${minY} above maxY ${maxY}; minY must not be greater`);
  return [minX, minY, maxX, maxY];
}

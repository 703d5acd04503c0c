import { availableParallelism, loadavg } from 'node:os';
import { setTimeout as pause } from 'node:timers/promises';
import { inspect } from 'node:util';

/** Longest wait for a condition on an idle machine, in milliseconds. {@link patience} makes it longer. */
const LONGEST_WAIT_MS = 30_000;

/** The first pause between two checks, the factor by which the pauses grow, and the longest, in milliseconds. */
const FIRST_PAUSE_MS = 2;
const PAUSE_GROWTH = 1.3;
const LONGEST_PAUSE_MS = 50;

/** Taken now, because tests may replace it with a fake clock. */
const now = performance.now.bind(performance);

/**
 * How much longer than on an idle machine things may take: the number of processes per core, averaged over the last
 * minute, and never less than 1. `TEST_PATIENCE` raises it for machines that are about to become busy.
 */
export function patience(): number {
  const processesPerCore = (loadavg()[0] ?? 0) / availableParallelism();
  return Math.max(1, processesPerCore, Number(process.env.TEST_PATIENCE) || 1);
}

/** Converts a time on an idle machine to one on this machine, as busy as it is now, in whole milliseconds. */
export function scaled(idleMs: number): number {
  return Math.ceil(idleMs * patience());
}

/** Longest wait for a condition on this machine, as busy as it is now, in milliseconds. */
export function patienceMs(): number {
  return scaled(LONGEST_WAIT_MS);
}

/**
 * Resolves after `ms` milliseconds. For a rate, and for faults of some duration; a test that waits for a condition
 * uses {@link until}.
 */
export async function sleep(ms: number): Promise<void> {
  await pause(ms);
}

/** The value of a condition that holds. */
export type Truthy<T> = Exclude<T, false | null | undefined | 0 | ''>;

export interface WaitOptions {
  /** Longest wait on an idle machine, in milliseconds. */
  withinMs?: number;
  /** Pause between two checks that are expensive, in milliseconds; by default from 2, growing to 50. */
  everyMs?: number;
}

export interface UntilOptions extends WaitOptions {
  /** The state to show if the wait times out; the condition's last answer by default. */
  state?: () => unknown;
}

/**
 * Checks repeatedly until the condition's value is neither false, null, undefined, 0 nor empty, and resolves with
 * that value. An error that the condition throws ends the wait.
 *
 * @param what completes "waited for"
 * @throws Error with `what` and the last state if the wait times out
 */
export async function until<T>(
  condition: () => T | Promise<T>,
  what: string,
  { state, ...options }: UntilOptions = {},
): Promise<Truthy<T>> {
  const pauses = new Pauses(options);
  for (;;) {
    const answer = await condition();
    if (answer) return answer as Truthy<T>;
    if (!(await pauses.next())) {
      const last = state === undefined ? answer : await state();
      throw new Error(`timed out after ${pauses.waited} waiting for ${what}; last seen: ${textOf(last)}`);
    }
  }
}

/**
 * Repeats an assertion until it passes, and resolves with its result.
 *
 * @throws what the assertion threw last, with the time waited in its message, if it never passes
 */
export async function eventually<T>(assertion: () => T | Promise<T>, options: WaitOptions = {}): Promise<T> {
  const pauses = new Pauses(options);
  for (;;) {
    try {
      return await assertion();
    } catch (error) {
      if (await pauses.next()) continue;
      if (error instanceof Error) error.message = `still after ${pauses.waited}: ${error.message}`;
      throw error;
    }
  }
}

/** The pauses between checks, short at first, and their end. */
class Pauses {
  readonly #begun = now();
  readonly #withinMs: number;
  readonly #longestMs: number;
  #ms: number;

  constructor({ withinMs = LONGEST_WAIT_MS, everyMs }: WaitOptions) {
    this.#withinMs = withinMs;
    this.#longestMs = everyMs ?? LONGEST_PAUSE_MS;
    this.#ms = everyMs ?? FIRST_PAUSE_MS;
  }

  /** Time since the first check, for people. */
  get waited(): string {
    return `${((now() - this.#begun) / 1000).toFixed(1)} s`;
  }

  /** Pauses and resolves with true, or resolves with false at once if the time is up. */
  async next(): Promise<boolean> {
    // The limit is computed again each time: the machine may have become busy meanwhile.
    if (now() - this.#begun > scaled(this.#withinMs)) return false;
    await pause(this.#ms);
    this.#ms = Math.min(this.#ms * PAUSE_GROWTH, this.#longestMs);
    return true;
  }
}

function textOf(state: unknown): string {
  return typeof state === 'string' ? state : inspect(state, { depth: 6, breakLength: 120 });
}

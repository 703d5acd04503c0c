import type { Arbitrary } from 'fast-check';
import type { World } from '../world.js';

/** One kind of malformed input. */
export interface Attack<T = unknown> {
  name: string;
  /** What it tries. */
  input: Arbitrary<T>;
  /** Makes the connections for many inputs. */
  prepare(world: World): Promise<Attacker<T>>;
}

export interface Attacker<T = unknown> {
  /**
   * Sends the input, and resolves when the gateway has processed it.
   *
   * @throws Error if the gateway answered incorrectly
   */
  attack(input: T): Promise<void>;
  close(): void;
}

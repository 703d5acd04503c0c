import type { Arbitrary } from 'fast-check';
import type { World } from '../world.js';

/** One kind of malformed input. */
export interface Attack<T = unknown> {
  name: string;
  /** What is tried. */
  input: Arbitrary<T>;
  /** Connects whatever it needs for many inputs. */
  prepare(world: World): Promise<Attacker<T>>;
}

export interface Attacker<T = unknown> {
  /**
   * Does it to the gateway, and resolves when the gateway has dealt with it.
   *
   * @throws Error where the gateway answered as it must not
   */
  attack(input: T): Promise<void>;
  close(): void;
}

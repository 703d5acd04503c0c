import type { Arbitrary } from 'fast-check';
import type { World } from '../world.js';

/** One kind of malformed input. */
export interface InputKind<T = unknown> {
  name: string;
  /** What is sent. */
  input: Arbitrary<T>;
  /** Makes the connections for many inputs. */
  prepare(world: World): Promise<InputSender<T>>;
}

export interface InputSender<T = unknown> {
  /**
   * Sends the input, and resolves when the gateway has processed it.
   *
   * @throws Error if the gateway answered incorrectly
   */
  send(input: T): Promise<void>;
  close(): void;
}

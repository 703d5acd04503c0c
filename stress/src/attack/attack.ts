import type { AttackContext } from './context.js';

/** A metric that must have grown during an attack. */
export interface Counted {
  readonly name: `viaduct_${string}`;
  readonly labels?: Readonly<Record<string, string>>;
}

/** How large an attack is: in the short form of the tests, and in `npm run attack`. */
export type Size = readonly [short: number, full: number];

/** Environment variables of a gateway. */
export type Settings = Readonly<Record<string, string>>;

/** Something that hostile clients do to a gateway on its defaults. docs/reliability.md names what bounds it there. */
export interface Attack<Name extends string = string> {
  readonly name: string;
  /** What the clients do, in a sentence. */
  readonly does: string;
  /** Metrics that show it. Each must grow. */
  readonly countedBy: readonly Counted[];
  /** The budget that it fills, so that the memory may grow by this, too. */
  readonly fills?: 'MAX_READ_BYTES' | 'MAX_LIVE_BYTES';
  /**
   * Settings besides the defaults, or a function that returns them, after starting something that they name, such as a
   * server.
   */
  readonly settings?: Settings | ((atEnd: (end: () => Promise<unknown>) => void) => Promise<Settings>);
  /** Its sizes, by the name of what they count, such as `sessions`. */
  readonly sizes: Readonly<Record<Name, Size>>;
  /** Fills Redis, or starts what else the attack needs, before anything is measured. */
  prepare?(context: AttackContext<Name>): Promise<void>;
  /** Attacks until `context.signal` is aborted. The context ends the connections that it opened. */
  run(context: AttackContext<Name>): Promise<void>;
}

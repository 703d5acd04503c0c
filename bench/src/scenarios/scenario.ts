import type { BenchContext } from '../context.js';
import type { Sizes } from '../sizes.js';
import type { Subject } from '../subjects.js';

/** One measured value: a column of a scenario's table. */
export interface Column {
  key: string;
  /** With the unit. */
  label: string;
  /** Digits after the decimal point. */
  digits: number;
}

/** One line of a scenario's table. */
export interface Outcome {
  /** What was varied; empty if a scenario has only one case. */
  case: string;
  /** By the columns' keys; null for unknown values. */
  values: Readonly<Record<string, number | string | null>>;
  /** What was wrong with the received messages; empty if nothing was. */
  problems: readonly string[];
  /** Cores that other processes used meanwhile; null if unknown. */
  others: number | null;
}

/** One measurement, on one server after the other. */
export interface Scenario {
  /** Its id on the command line. */
  id: string;
  title(sizes: Sizes): string;
  /** What it does and how to read the figures. */
  about: string;
  subjects: readonly Subject[];
  columns: readonly Column[];
  run(context: BenchContext, subject: Subject): Promise<Outcome[]>;
}

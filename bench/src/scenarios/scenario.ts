import type { Lab } from '../lab.js';
import type { Sizes } from '../sizes.js';
import type { Subject } from '../subjects.js';

/** One measured thing: a column of a scenario's table. */
export interface Column {
  key: string;
  /** With the unit. */
  label: string;
  /** Digits after the decimal point. */
  digits: number;
}

/** One line of a scenario's table. */
export interface Outcome {
  /** What was varied; empty where a scenario has one case only. */
  case: string;
  /** By the columns' keys; null where the value could not be had. */
  values: Readonly<Record<string, number | string | null>>;
  /** What was wrong with what the clients got; empty where all was right. */
  problems: readonly string[];
  /** Cores that other processes used meanwhile; null where that is not known. */
  others: number | null;
}

/** One thing to measure, on one server after the other. */
export interface Scenario {
  /** As on the command line. */
  id: string;
  title(sizes: Sizes): string;
  /** What is done and how the figures are to be read. */
  about: string;
  subjects: readonly Subject[];
  columns: readonly Column[];
  run(lab: Lab, subject: Subject): Promise<Outcome[]>;
}

import { spawnSync } from 'node:child_process';
import { availableParallelism } from 'node:os';

/** Which process runs on which core; an empty list leaves it to the scheduler. */
export interface CorePlan {
  /** A core for each of up to two servers. */
  servers: readonly (number | null)[];
  /** A core for each of up to two receivers. */
  receivers: readonly (number | null)[];
  /** The publisher, Redis and the controlling process. */
  rest: number | null;
  /** In words, for the results. */
  words: string;
}

const UNPINNED: CorePlan = {
  servers: [null, null],
  receivers: [null, null],
  rest: null,
  words: 'not pinned',
};

/**
 * Assigns cores to servers and load generator: with two cores, one for the server and one for everything else; with
 * more, one for the receiver too.
 *
 * @param pin false leaves everything to the scheduler
 * @param wanted the cores to use; all if it is empty
 */
export function planCores(pin: boolean, wanted: readonly number[]): CorePlan {
  if (!pin) return UNPINNED;
  if (!hasTaskset()) return { ...UNPINNED, words: 'not pinned (no taskset)' };
  const cores =
    wanted.length > 0 ? wanted : Array.from({ length: availableParallelism() }, (_, core) => core);
  const [a, b, c, d] = cores;
  if (a === undefined || b === undefined) return { ...UNPINNED, words: 'not pinned (one core)' };
  if (c === undefined) {
    return {
      servers: [b, a],
      receivers: [a, a],
      rest: a,
      words: `server on core ${b}, all else on core ${a}`,
    };
  }
  const rest = d ?? a;
  return {
    servers: [b, a],
    receivers: [c, rest],
    rest,
    words: `server on core ${b}, receiver on core ${c}, publisher and Redis on core ${rest}`,
  };
}

/** The cores on which a process may run; null leaves it to the scheduler. */
export type Cores = number | readonly number[] | null;

/** A command line that runs on these cores. */
export function pinned(cores: Cores, command: string, args: readonly string[]): [string, string[]] {
  return cores === null ? [command, [...args]] : ['taskset', ['-c', String(cores), command, ...args]];
}

/** The cores of both servers of a plan, for one that uses several. */
export function serverCores({ servers }: CorePlan): Cores {
  const cores = servers.filter((core) => core !== null);
  return cores.length === 0 ? null : cores;
}

/** Moves a running process, with all its threads. */
export function movePinned(pid: number, core: number | null): void {
  if (core !== null) spawnSync('taskset', ['-a', '-p', '-c', String(core), String(pid)]);
}

function hasTaskset(): boolean {
  return spawnSync('taskset', ['--version']).status === 0;
}

import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs';

/** Only Linux has files about other processes that are cheap to read. */
export const HAS_PROC = process.platform === 'linux';

/** Units of CPU time in /proc, per second. */
const TICKS = ticksPerSecond();

function ticksPerSecond(): number {
  const { stdout } = spawnSync('getconf', ['CLK_TCK'], { encoding: 'utf8' });
  return Number(stdout) || 100;
}

/**
 * CPU time that a process has used, user and system, all threads: `utime + stime` of /proc/PID/stat (proc(5)), in
 * steps of 10 ms.
 *
 * @returns seconds; null if there is no /proc or no such process
 */
export function cpuSeconds(pid: number): number | null {
  const stat = read(`/proc/${pid}/stat`);
  if (stat === null) return null;
  // The name, in parentheses, may contain spaces: fields are counted after it, starting with the third.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS;
}

/** CPU time of all cores that was not idle, in seconds; null if there is no /proc. */
export function busySeconds(): number | null {
  const line = read('/proc/stat')?.split('\n')[0];
  if (line === undefined) return null;
  const [user, nice, system, , , irq, softirq, steal] = line.trim().split(/\s+/u).slice(1).map(Number);
  return (
    [user, nice, system, irq, softirq, steal].reduce<number>((sum, value) => sum + (value ?? 0), 0) / TICKS
  );
}

/** Resident memory of a process. */
export interface Memory {
  nowBytes: number;
  /** The maximum since the start of the process, or since {@link resetPeak}. */
  peakBytes: number;
}

/** @returns null if there is no /proc or no such process */
export function memoryOf(pid: number): Memory | null {
  const status = read(`/proc/${pid}/status`);
  if (status === null) return null;
  const kib = (name: string): number =>
    Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'mu').exec(status)?.[1] ?? 0);
  return { nowBytes: kib('VmRSS') * 1024, peakBytes: kib('VmHWM') * 1024 };
}

/** Restarts the measurement of {@link Memory.peakBytes}; has no effect if that is impossible. */
export function resetPeak(pid: number): void {
  try {
    writeFileSync(`/proc/${pid}/clear_refs`, '5');
  } catch {
    // Not Linux, or not our process: the peak then counts from the start of the process.
  }
}

/** The number of sockets and files that a process has open; null if there is no /proc or no such process. */
export function openDescriptors(pid: number): number | null {
  if (!HAS_PROC) return null;
  const directory = `/proc/${pid}/fd`;
  try {
    return readdirSync(directory).filter((fd) => /^(?:socket:|\/)/u.test(target(`${directory}/${fd}`)))
      .length;
  } catch {
    return null;
  }
}

/** What a descriptor refers to; empty if it was closed meanwhile. */
function target(fd: string): string {
  try {
    return readlinkSync(fd);
  } catch {
    return '';
  }
}

function read(file: string): string | null {
  if (!HAS_PROC) return null;
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return null;
  }
}

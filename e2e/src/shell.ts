import { execFile } from 'node:child_process';

/** A command that could not start, or ended with another code than 0. The message has its output. */
export class CommandFailed extends Error {
  override readonly name = 'CommandFailed';
}

export interface RunOptions {
  cwd?: string;
  /** Added to our own environment. */
  env?: Readonly<Record<string, string>>;
  /** After this time in milliseconds, the command is ended and counts as failed. */
  timeoutMs?: number;
}

/** How much of a command's output an error has. */
const QUOTED_CHARACTERS = 4000;

/**
 * Runs a command.
 *
 * @returns its standard output
 * @throws CommandFailed
 */
export function run(
  command: string,
  args: readonly string[],
  { cwd, env = {}, timeoutMs = 300_000 }: RunOptions = {},
): Promise<string> {
  return new Promise((resolve, reject) => {
    const options = { env: { ...process.env, ...env }, timeout: timeoutMs, maxBuffer: 256 * 1024 * 1024 };
    execFile(command, args, cwd === undefined ? options : { ...options, cwd }, (error, stdout, stderr) => {
      if (error === null) return resolve(stdout);
      const said = `${stderr}${stdout}`.trim().slice(-QUOTED_CHARACTERS);
      const how = error.killed === true ? `took longer than ${timeoutMs / 1000} s` : `failed (${error.code})`;
      reject(new CommandFailed(`${[command, ...args].join(' ')} ${how}:\n${said}`));
    });
  });
}

/** Whether a command runs and ends with code 0. */
export async function succeeds(
  command: string,
  args: readonly string[],
  timeoutMs = 20_000,
): Promise<boolean> {
  return run(command, args, { timeoutMs }).then(
    () => true,
    () => false,
  );
}

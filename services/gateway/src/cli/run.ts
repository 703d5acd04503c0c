import { configHelp } from '../config/reference.js';
import { packageVersion } from '../config/version.js';
import { UsageError } from './arguments.js';

const HELP = `Viaduct: live geodata from Redis to browsers, over WebSocket and socket.io.

Usage: viaduct [command]

  viaduct                   runs a gateway in the foreground until SIGTERM or SIGINT ends it
  viaduct check             validates the settings, tests Redis, and shows what clients can read
  viaduct tail CHANNEL ...  prints what a client of a gateway receives
  viaduct functions         prints a library of Redis functions for producers
  viaduct edge-metrics FILE counts for Prometheus what nginx in front of gateways answered
  viaduct COMMAND --help    describes check, tail, functions or edge-metrics
  viaduct --version         prints the version

All settings of a gateway are environment variables [default]:

${configHelp()}
`;

/** Runs one command and resolves with its exit code. */
type Subcommand = (args: readonly string[]) => Promise<number>;

/** Loaded on demand: a gateway that serves needs none of them, and they do not need all of a gateway. */
const SUBCOMMANDS: Readonly<Record<string, () => Promise<Subcommand>>> = {
  check: async () => (await import('./check.js')).check,
  tail: async () => (await import('./tail.js')).tail,
  functions: async () => (await import('./functions.js')).functions,
  'edge-metrics': async () => (await import('./edge-metrics.js')).edgeMetrics,
};

/**
 * Runs the command line.
 *
 * @param args without the program's name; without any, a gateway runs, and its errors are passed on
 * @returns the exit code: 0, the command's own, or 2 if the command line is invalid
 */
export async function runCommandLine(args: readonly string[]): Promise<number> {
  const [name, ...rest] = args;
  if (name === undefined) {
    const { serve } = await import('./serve.js');
    await serve();
    return 0;
  }
  for (const output of [process.stdout, process.stderr]) output.on('error', outputFailed);
  if (name === '--help' || name === '-h') {
    process.stdout.write(HELP);
    return 0;
  }
  if (name === '--version') {
    process.stdout.write(`${packageVersion()}\n`);
    return 0;
  }
  const load = Object.hasOwn(SUBCOMMANDS, name) ? SUBCOMMANDS[name] : undefined;
  try {
    if (load === undefined) throw new UsageError(`there is no command "${name}"; there are ${names()}`);
    return await (await load())(rest);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    const help = load === undefined ? 'viaduct --help' : `viaduct ${name} --help`;
    process.stderr.write(`viaduct: ${error.message}\nSee ${help}.\n`);
    return 2;
  }
}

function names(): string {
  return [...Object.keys(SUBCOMMANDS), '--help', '--version'].join(', ');
}

/** Without the reader of a pipe, as after `head`, a command continues: its exit code still counts. */
function outputFailed(error: NodeJS.ErrnoException): void {
  if (error.code === 'EPIPE') return;
  process.stderr.write(`viaduct: cannot print: ${error.message}\n`);
  process.exit(1);
}

import { configHelp } from '../config/reference.js';
import { packageVersion } from '../config/version.js';
import { UsageError } from './usage-error.js';

const HELP = `Viaduct: live geodata from Redis to browsers, over WebSocket and socket.io.

Usage: viaduct [command]

  viaduct                   runs a gateway in the foreground until SIGTERM or SIGINT ends it
  viaduct check             validates the settings, tries Redis, and shows what would be readable
  viaduct tail CHANNEL ...  prints what a client of a gateway would get
  viaduct COMMAND --help    tells more about check or tail
  viaduct --version         prints the version

A gateway is told everything by environment variables [default]:

${configHelp()}
`;

/** Runs one command and resolves with its exit code. */
type Subcommand = (args: readonly string[]) => Promise<number>;

/** Loaded only where they are asked for: a gateway that serves needs none of them. */
const SUBCOMMANDS: Readonly<Record<string, () => Promise<Subcommand>>> = {
  check: async () => (await import('./check.js')).check,
  tail: async () => (await import('./tail.js')).tail,
};

/**
 * Does what the command line asks for.
 *
 * @param args without the program's name
 * @param serve runs a gateway; what it throws is passed on
 * @returns the exit code: 0, or what the command makes of it, or 2 where the command line is wrong
 */
export async function runCommandLine(args: readonly string[], serve: () => Promise<void>): Promise<number> {
  const [name, ...rest] = args;
  if (name === undefined) {
    await serve();
    return 0;
  }
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
    if (load === undefined) throw new UsageError(`there is no "${name}"; there are ${names()}`);
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

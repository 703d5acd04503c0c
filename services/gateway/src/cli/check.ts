import { readArguments, UsageError } from './arguments.js';
import { checkRedis } from './check-redis.js';
import { CheckReport } from './check-report.js';
import { checkSettings } from './check-settings.js';
import { watchSeconds } from './check-watch.js';
import { painter, wantsColours } from './terminal.js';

const HELP = `Usage: viaduct check [--watch SECONDS] [--color | --no-color]

Validates the settings in the environment, connects to Redis as a gateway would, and shows what clients can read:
readable channels that have subscribers now, and readable hashes. It writes nothing to Redis.

  --watch SECONDS      also follows the channels for this time, and says whether messages and hashes agree: which hashes
                       change without a message, and which messages name features that are not in the hash
  --color, --no-color  print with or without colours

Exit code: 0 a gateway can serve with these settings, 1 there are problems (it says which), 2 wrong usage.
`;

/** Runs `viaduct check` with the settings of this process's environment. */
export async function check(args: readonly string[]): Promise<number> {
  const { values, positionals } = readArguments({
    args: [...args],
    options: {
      help: { type: 'boolean', short: 'h' },
      watch: { type: 'string' },
      color: { type: 'boolean' },
    },
    allowPositionals: true,
    allowNegative: true,
  });
  if (values.help === true) {
    process.stdout.write(HELP);
    return 0;
  }
  if (positionals.length > 0) throw new UsageError(`check takes no argument such as "${positionals[0]}"`);
  const watch = values.watch === undefined ? null : watchSeconds(values.watch);
  const paint = painter(wantsColours(values.color, process.stdout.isTTY, process.env));
  // What the Redis client prints is meant for its developers; the report says the same to operators.
  console.warn = () => {};
  const report = new CheckReport((text) => process.stdout.write(text), paint);
  // A process that runs out of work ends by itself, and must not look as if all were well.
  process.exitCode = 1;
  process.once('beforeExit', endedEarly);
  const config = await checkSettings(report, process.env);
  if (config !== null) await checkRedis(report, config, watch);
  process.off('beforeExit', endedEarly);
  const failed = `${report.problems} problem${report.problems === 1 ? '' : 's'} to fix`;
  process.stdout.write(
    `\n${report.problems === 0 ? paint('green', 'A gateway can serve with these settings.') : paint('red', failed)}\n`,
  );
  return report.problems === 0 ? 0 : 1;
}

function endedEarly(): void {
  process.stderr.write(
    'viaduct: the check ended without a verdict; something that it waited for never came.\n',
  );
}

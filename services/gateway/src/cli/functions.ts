import { readArguments, UsageError } from './arguments.js';
import { functionLibrary, LOAD_COMMAND } from './function-library.js';

const HELP = `Usage: viaduct functions

Prints a library of Redis functions (Redis or Valkey 7 and newer) for producers: viaduct_put and viaduct_remove write the
state of a feature and its message in one atomic call. To load it, or another version of it:

  ${LOAD_COMMAND}

In a Redis Cluster, on every master:

  redis-cli --cluster call HOST:PORT FUNCTION LOAD REPLACE "$(viaduct functions)" --cluster-only-masters
`;

/** Runs `viaduct functions`. */
export async function functions(args: readonly string[]): Promise<number> {
  const { values, positionals } = readArguments({
    args: [...args],
    options: { help: { type: 'boolean', short: 'h' } },
    allowPositionals: true,
  });
  if (positionals.length > 0) throw new UsageError(`functions takes no argument such as "${positionals[0]}"`);
  process.stdout.write(values.help === true ? HELP : functionLibrary());
  return 0;
}

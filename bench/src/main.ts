// The command line of the benchmark: `npm run bench -- --help`.
import { cpus, release, type as systemName } from 'node:os';
import { HAS_PROC } from '@viaduct/testkit/proc';
import { planCores } from './cores.js';
import { keepFigures } from './figures.js';
import { help } from './help.js';
import { OptionError, type Options, readOptions } from './options.js';
import { FIGURES } from './paths.js';
import { latestFile, ResultFile, type Row, readRows } from './results.js';
import { SCENARIOS } from './scenarios/index.js';
import { runSuite } from './suite.js';
import { markdown } from './table.js';

async function main(options: Options): Promise<void> {
  if (options.task === 'help') process.stdout.write(help());
  else if (options.task === 'run') await run(options);
  else {
    const rows = readRows(chosenFiles(options));
    if (options.task === 'table') console.log(markdown(rows, SCENARIOS));
    else keepFigures(FIGURES, rows);
  }
}

function chosenFiles({ files, folder }: Options): readonly string[] {
  if (files.length > 0) return files;
  const latest = latestFile(folder);
  if (latest === null) throw new OptionError(`there are no results in ${folder}; run the benchmark first`);
  return [latest];
}

async function run(options: Options): Promise<void> {
  const cores = planCores(options.pin, options.cores);
  const began = new Date().toISOString();
  const file = new ResultFile(options.folder, began);
  if (!HAS_PROC)
    console.log('CPU and memory of servers can be read on Linux only: those columns stay empty.');
  console.log(`${machine()}; ${cores.words}. Results go to ${file.path}\n`);
  const rows = await runSuite({
    ...options,
    cores,
    setup: {
      began,
      size: options.size,
      seconds: options.sizes.seconds,
      machine: machine(),
      cores: cores.words,
    },
    log: (line) => console.log(line),
    onRow: (row) => file.add(row),
  });
  console.log(`\n${markdown(rows, SCENARIOS)}`);
  if (rows.some(isBroken)) process.exitCode = 1;
}

function isBroken({ problems }: Row): boolean {
  return problems.length > 0;
}

function machine(): string {
  const all = cpus();
  const model = all[0]?.model.trim() ?? 'unknown processor';
  return `${model}, ${all.length} cores, ${systemName()} ${release()}, Node ${process.versions.node}`;
}

// Servers, helpers and Redis end when we do.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => process.exit(130));

try {
  await main(readOptions(process.argv.slice(2)));
} catch (error) {
  console.error(error instanceof OptionError ? `bench: ${error.message}. See --help.` : error);
  process.exitCode = 1;
}

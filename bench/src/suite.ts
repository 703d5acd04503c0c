import { BenchContext, type BenchContextOptions } from './context.js';
import type { Row, Setup } from './results.js';
import type { Outcome, Scenario } from './scenarios/scenario.js';
import type { ServerName, Subject } from './subjects.js';

export interface SuiteOptions extends BenchContextOptions {
  scenarios: readonly Scenario[];
  servers: readonly ServerName[];
  repeats: number;
  setup: Setup;
  /** Receives each row as soon as it exists. */
  onRow: (row: Row) => void;
}

/** Runs scenarios one after the other, with all servers of each, and repeats the whole. */
export async function runSuite(options: SuiteOptions): Promise<Row[]> {
  const { scenarios, servers, repeats, setup, onRow, log } = options;
  const context = await BenchContext.open(options);
  const rows: Row[] = [];
  try {
    for (let repeat = 1; repeat <= repeats; repeat++) {
      for (const scenario of scenarios) {
        log(
          `${scenario.id}. ${scenario.title(context.sizes)}${repeats === 1 ? '' : ` (${repeat} of ${repeats})`}`,
        );
        for (const subject of scenario.subjects.filter(({ server }) => servers.includes(server))) {
          log(`  ${subject.name}`);
          for (const outcome of await outcomesOf(context, scenario, subject)) {
            const row = { setup, scenario: scenario.id, subject: subject.name, repeat, ...outcome };
            rows.push(row);
            onRow(row);
          }
        }
      }
    }
  } finally {
    await context.close();
  }
  return rows;
}

/** A failure of one scenario is a result of that scenario, not the end of the others. */
async function outcomesOf(context: BenchContext, scenario: Scenario, subject: Subject): Promise<Outcome[]> {
  try {
    return await scenario.run(context, subject);
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error);
    context.log(`    failed: ${problem}`);
    return [{ case: '', values: {}, problems: [problem], others: null }];
  }
}

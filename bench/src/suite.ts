import { Lab, type LabOptions } from './lab.js';
import type { Row, Setup } from './results.js';
import type { Outcome, Scenario } from './scenarios/scenario.js';
import type { ServerName, Subject } from './subjects.js';

export interface SuiteOptions extends LabOptions {
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
  const lab = await Lab.open(options);
  const rows: Row[] = [];
  try {
    for (let repeat = 1; repeat <= repeats; repeat++) {
      for (const scenario of scenarios) {
        log(
          `${scenario.id}. ${scenario.title(lab.sizes)}${repeats === 1 ? '' : ` (${repeat} of ${repeats})`}`,
        );
        for (const subject of scenario.subjects.filter(({ server }) => servers.includes(server))) {
          log(`  ${subject.name}`);
          for (const outcome of await outcomesOf(lab, scenario, subject)) {
            const row = { setup, scenario: scenario.id, subject: subject.name, repeat, ...outcome };
            rows.push(row);
            onRow(row);
          }
        }
      }
    }
  } finally {
    await lab.close();
  }
  return rows;
}

/** A failure of one scenario is a result of that scenario, not the end of the others. */
async function outcomesOf(lab: Lab, scenario: Scenario, subject: Subject): Promise<Outcome[]> {
  try {
    return await scenario.run(lab, subject);
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error);
    lab.log(`    failed: ${problem}`);
    return [{ case: '', values: {}, problems: [problem], others: null }];
  }
}

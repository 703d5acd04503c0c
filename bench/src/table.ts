import { medians, type Row } from './results.js';
import type { Scenario } from './scenarios/scenario.js';
import { SIZES } from './sizes.js';

/** Results as Markdown: a section with a table for each scenario that has any. */
export function markdown(rows: readonly Row[], scenarios: readonly Scenario[]): string {
  const settled = medians(rows);
  const sections = scenarios.flatMap((scenario) => {
    const own = settled.filter((row) => row.scenario === scenario.id);
    const [first] = own;
    if (first === undefined) return [];
    const title = scenario.title(SIZES[first.setup.size]);
    return [`### ${scenario.id}. ${title}\n\n${scenario.about}\n\n${table(own, scenario)}`];
  });
  return [...setups(rows), ...sections].join('\n\n');
}

/** The circumstances of the rows: one line for each run. */
function setups(rows: readonly Row[]): string[] {
  const lines = rows.map(({ setup }) => {
    const repeats = Math.max(
      ...rows.filter((row) => row.setup.began === setup.began).map(({ repeat }) => repeat),
    );
    const runs = repeats === 1 ? 'one run' : `medians of ${repeats} runs`;
    return `${setup.began.slice(0, 10)}, ${setup.machine}; ${setup.cores}; ${setup.size} size, ${setup.seconds} s per step, ${runs}.`;
  });
  return [...new Set(lines)];
}

function table(rows: readonly Row[], { columns, subjects }: Scenario): string {
  const order = subjects.map(({ name }) => name);
  const sorted = [...rows].sort((a, b) => order.indexOf(a.subject) - order.indexOf(b.subject));
  const withCases = rows.some((row) => row.case !== '');
  const head = [
    'server',
    ...(withCases ? ['case'] : []),
    ...columns.map(({ label }) => label),
    'others, cores',
    'complete, in order',
  ];
  const lines = sorted.map((row) => [
    row.subject,
    ...(withCases ? [row.case] : []),
    ...columns.map(({ key, digits }) => cell(row.values[key] ?? null, digits)),
    cell(row.others, 2),
    row.problems.length === 0 ? 'yes' : `NO: ${row.problems.join('; ').replaceAll('|', '/')}`,
  ]);
  return [head, head.map(() => '---'), ...lines].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

function cell(value: number | string | null, digits: number): string {
  if (value === null) return '-';
  if (typeof value === 'string') return value;
  return value.toLocaleString('en-GB', { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

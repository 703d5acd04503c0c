import type { MetricSpec } from './metric-spec.js';
import { METRIC_SECTIONS } from './metric-table.js';

/** The tables of metrics as Markdown, for docs/metrics.md. */
export function metricReference(): string {
  return METRIC_SECTIONS.map(({ title, metrics }) => {
    const rows = Object.entries(metrics).map(
      ([name, metric]) => `| \`${name}\` | ${metric.type} | ${metric.unit} | ${meaning(metric)} |`,
    );
    return [
      `## ${title}`,
      '',
      '| metric | type | counts | meaning |',
      '| --- | --- | --- | --- |',
      ...rows,
    ].join('\n');
  }).join('\n\n');
}

function meaning({ help, labels = {} }: MetricSpec): string {
  const described = Object.entries(labels).map(([label, values]) => {
    const text = typeof values === 'string' ? values : values.map((value) => `\`${value}\``).join(', ');
    return `<br>\`${label}\`: ${text}`;
  });
  return help + described.join('');
}

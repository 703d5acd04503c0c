import { readFileSync } from 'node:fs';
import { until } from '@viaduct/testkit/wait';

interface Series {
  metric: Record<string, string>;
  values: number[];
}

interface Answer {
  status: string;
  error?: string;
  data?: {
    result: { metric: Record<string, string>; value?: [number, string]; values?: [number, string][] }[];
  };
}

interface Panel {
  title: string;
  expr: string;
}

/** Step of range queries, in seconds. */
const STEP_SECONDS = 5;

/** The Prometheus of the stack. */
export class Prometheus {
  readonly #url: string;

  constructor(url: string) {
    this.#url = url;
  }

  /** The current value of each series. */
  query(expr: string): Promise<Series[]> {
    return this.#ask('query', { query: expr });
  }

  /** The values of each series in the last seconds. */
  lookBack(expr: string, seconds: number): Promise<Series[]> {
    const end = Date.now() / 1000;
    const range = { start: String(end - seconds), end: String(end), step: String(STEP_SECONDS) };
    return this.#ask('query_range', { query: expr, ...range });
  }

  /** Waits until an expression is true, that is, has a series. */
  async isTrue(expr: string, deadlineMs = 30_000): Promise<boolean> {
    const holds = async () => (await this.query(expr)).length > 0;
    return until(holds, expr, { withinMs: deadlineMs, everyMs: 1000 }).then(
      () => true,
      () => false,
    );
  }

  async #ask(endpoint: string, parameters: Record<string, string>): Promise<Series[]> {
    const response = await fetch(`${this.#url}/api/v1/${endpoint}`, {
      method: 'POST',
      body: new URLSearchParams(parameters),
    });
    const { status, error, data } = (await response.json()) as Answer;
    if (status !== 'success' || data === undefined) {
      throw new Error(`Prometheus refused ${parameters.query}: ${error}`);
    }
    return data.result.map(({ metric, value, values }) => ({
      metric,
      values: (values ?? (value === undefined ? [] : [value])).map(([, text]) => Number(text)),
    }));
  }
}

/**
 * The queries of a Grafana dashboard, as Grafana sends them.
 *
 * @param variables replace the dashboard's
 */
export function panelsOf(file: string, variables: Readonly<Record<string, string>>): Panel[] {
  const { panels } = JSON.parse(readFileSync(file, 'utf8')) as {
    panels: { title: string; targets?: { expr: string }[] }[];
  };
  return panels.flatMap(({ title, targets = [] }) =>
    targets.map(({ expr }) => ({
      title,
      expr: Object.entries(variables).reduce(
        (text, [name, value]) => text.replaceAll(`$${name}`, value),
        expr,
      ),
    })),
  );
}

/** Panels whose query returned no number in the last minutes, with the query. */
export async function emptyPanels(prometheus: Prometheus, panels: readonly Panel[]): Promise<string[]> {
  const empty: string[] = [];
  for (const { title, expr } of panels) {
    const series = await prometheus.lookBack(expr, 180);
    if (!series.some(({ values }) => values.some(Number.isFinite))) empty.push(`${title}: ${expr}`);
  }
  return empty;
}

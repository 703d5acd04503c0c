/** One line of a scrape. */
export interface Sample {
  name: string;
  labels: Readonly<Record<string, string>>;
  value: number;
}

const SAMPLE = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)$/u;
const LABEL = /^([a-zA-Z_]\w*)="((?:[^"\\\n]|\\["\\n])*)"(?:,|$)/u;

/** A scrape of /metrics in the Prometheus text exposition format, version 0.0.4. */
export class Scrape {
  readonly samples: Sample[] = [];
  /** Metric types and help texts by metric name. */
  readonly types = new Map<string, string>();
  readonly helps = new Map<string, string>();

  /** @throws Error with the line that breaks the format */
  constructor(readonly text: string) {
    if (!text.endsWith('\n')) throw new Error('the last line of a scrape must end with a line feed');
    for (const line of text.split('\n')) this.#read(line);
  }

  /** Sum of the samples of that name with at least those labels; 0 if there are none. */
  sum(name: string, labels: Readonly<Record<string, string>> = {}): number {
    return this.samples
      .filter((sample) => sample.name === name)
      .filter((sample) => Object.entries(labels).every(([label, value]) => sample.labels[label] === value))
      .reduce((sum, { value }) => sum + value, 0);
  }

  #read(line: string): void {
    if (line === '') return;
    const [, keyword, metric, rest] = /^# (HELP|TYPE) (\S+) (.+)$/u.exec(line) ?? [];
    if (metric !== undefined && rest !== undefined) {
      const known = keyword === 'HELP' ? this.helps : this.types;
      if (known.has(metric)) throw new Error(`a second ${keyword} of ${metric}`);
      known.set(metric, rest);
    } else {
      this.samples.push(readSample(line));
    }
  }
}

function readSample(line: string): Sample {
  const [, name, labels = '', number] = SAMPLE.exec(line) ?? [];
  if (name === undefined || number === undefined) throw new Error(`not a sample: ${line}`);
  return { name, labels: readLabels(labels, line), value: readNumber(number, line) };
}

function readNumber(text: string, line: string): number {
  // The client library writes missing values as Nan, which Prometheus accepts in any case.
  if (/^nan$/iu.test(text)) return Number.NaN;
  const value = text === '+Inf' ? Number.POSITIVE_INFINITY : Number(text);
  if (Number.isNaN(value)) throw new Error(`not a number: ${line}`);
  return value;
}

function readLabels(text: string, line: string): Record<string, string> {
  const labels: Record<string, string> = {};
  let rest = text;
  while (rest !== '') {
    const [all, name, value] = LABEL.exec(rest) ?? [];
    if (all === undefined || name === undefined || value === undefined)
      throw new Error(`bad labels: ${line}`);
    labels[name] = value.replace(/\\(.)/gu, (_, escaped) => (escaped === 'n' ? '\n' : escaped));
    rest = rest.slice(all.length);
  }
  return labels;
}

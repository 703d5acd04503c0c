import { count, type Paint, terminalSafe } from './terminal.js';

const MARKS = { ok: ['✓', 'green'], note: ['!', 'yellow'], problem: ['✗', 'red'] } as const;

/** Most lines of one list. */
const MAX_LISTED = 20;

/** Prints the findings, one line each, and remembers whether there are problems. */
export class CheckReport {
  readonly #write: (text: string) => void;
  readonly #paint: Paint;
  #problems = 0;

  constructor(write: (text: string) => void, paint: Paint) {
    this.#write = write;
    this.#paint = paint;
  }

  /** How many problems prevent the gateway from serving. */
  get problems(): number {
    return this.#problems;
  }

  /** Something is fine. */
  ok(what: string, text: string): void {
    this.#line('ok', what, text);
  }

  /** Something that the operator may want to know. */
  note(what: string, text: string, remedy?: string): void {
    this.#line('note', what, text, remedy);
  }

  /** A problem. */
  problem(what: string, text: string, remedy?: string): void {
    this.#problems += 1;
    this.#line('problem', what, text, remedy);
  }

  /**
   * Lines below the last one: names on the left, explanations on the right. A long list is cut.
   *
   * @param total how many there are, if `rows` does not have all of them
   */
  list(rows: readonly (readonly [name: string, text: string])[], total = rows.length): void {
    const listed = rows.slice(0, MAX_LISTED);
    const others = total - listed.length;
    const lines = others > 0 ? [...listed, [`and ${count(others)} more`, ''] as const] : listed;
    const names = lines.map(([name]) => terminalSafe(name));
    const width = Math.min(40, Math.max(0, ...names.map((name) => name.length)));
    lines.forEach(([, text], i) => {
      this.#write(`    ${(names[i] ?? '').padEnd(width)}  ${this.#paint('dim', text)}\n`);
    });
  }

  #line(kind: keyof typeof MARKS, what: string, text: string, remedy?: string): void {
    const [mark, colour] = MARKS[kind];
    const [first = '', ...more] = text.split('\n').map(terminalSafe);
    this.#write(`${this.#paint(colour, mark)} ${this.#paint('bold', what.padEnd(11))}${first}\n`);
    for (const line of more) this.#write(`${' '.repeat(13)}${line}\n`);
    if (remedy !== undefined)
      this.#write(`${' '.repeat(13)}${this.#paint('cyan', '→')} ${terminalSafe(remedy)}\n`);
  }
}

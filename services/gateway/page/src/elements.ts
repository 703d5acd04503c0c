/**
 * The element of the page with that id.
 *
 * @throws Error if there is none of that type
 */
export function element<T extends HTMLElement>(id: string, type: new () => T): T {
  const found = document.getElementById(id);
  if (!(found instanceof type)) throw new Error(`the page has no ${type.name} #${id}`);
  return found;
}

/** One row of a table. */
export interface Row {
  /** Tells it from the others. */
  readonly key: string;
  /** Texts of its cells. */
  readonly cells: readonly string[];
}

/**
 * Shows rows in a table. Rows that were there before stay the same elements, so that the focus stays on the button in one.
 *
 * @param numbers indexes of the columns with numbers
 * @param select if given, the first cell is a button that calls it with the row's key
 */
export function showRows(
  body: HTMLTableSectionElement,
  rows: readonly Row[],
  numbers: readonly number[],
  select?: (key: string) => void,
): void {
  const known = new Map([...body.rows].map((row) => [row.dataset.key, row]));
  const wanted = new Set(rows.map(({ key }) => key));
  for (const [key, row] of known) if (!wanted.has(key ?? '')) row.remove();
  for (const [at, { key, cells }] of rows.entries()) {
    const row = known.get(key) ?? newRow(key, cells.length, numbers, select);
    if (body.rows[at] !== row) body.insertBefore(row, body.rows[at] ?? null);
    for (const [i, text] of cells.entries()) {
      const cell = row.cells[i];
      const holder = cell?.querySelector('button') ?? cell;
      if (holder !== undefined && holder.textContent !== text) holder.textContent = text;
    }
  }
}

/** Lets the keyboard scroll tables that are wider than the window. */
export function watchWidths(): void {
  for (const scroll of document.querySelectorAll<HTMLElement>('.scroll')) {
    const observer = new ResizeObserver(() => {
      scroll.tabIndex = scroll.scrollWidth > scroll.clientWidth ? 0 : -1;
    });
    for (const observed of [scroll, ...scroll.children]) observer.observe(observed);
  }
}

function newRow(
  key: string,
  columns: number,
  numbers: readonly number[],
  select?: (key: string) => void,
): HTMLTableRowElement {
  const row = document.createElement('tr');
  row.dataset.key = key;
  for (let i = 0; i < columns; i++) {
    const cell = row.insertCell();
    if (numbers.includes(i)) cell.className = 'number';
    if (i > 0 || select === undefined) continue;
    const button = document.createElement('button');
    button.type = 'button';
    button.addEventListener('click', () => select(key));
    cell.append(button);
  }
  return row;
}

/** Asks a question in a dialog. Resolves with true if the answer is the given one, and not the cancelling one. */
export function confirmed(question: string, yes: string): Promise<boolean> {
  const dialog = element('confirm', HTMLDialogElement);
  element('question', HTMLElement).textContent = question;
  element('confirm-yes', HTMLButtonElement).textContent = yes;
  dialog.returnValue = 'no';
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener('close', () => resolve(dialog.returnValue === 'yes'), { once: true });
  });
}

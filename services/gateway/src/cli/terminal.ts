const COLOURS = { bold: 1, dim: 2, red: 31, green: 32, yellow: 33, blue: 34, magenta: 35, cyan: 36 };

export type Colour = keyof typeof COLOURS;

/** Colours a text, or returns it as it is. */
export type Paint = (colour: Colour, text: string) => string;

/** A painter with or without colours. */
export function painter(colours: boolean): Paint {
  return colours
    ? (colour, text) => `\u001b[${COLOURS[colour]}m${text}\u001b[39m\u001b[22m`
    : (_, text) => text;
}

/**
 * Whether to print colours: as the user requests, or else on a terminal if NO_COLOR (https://no-color.org) is not set.
 *
 * @param wanted the value of `--color` or `--no-color`; undefined for neither
 */
export function wantsColours(
  wanted: boolean | undefined,
  terminal: boolean,
  env: Readonly<Record<string, string | undefined>>,
): boolean {
  return wanted ?? (terminal && !env.NO_COLOR);
}

/** Control characters: those of ASCII, DEL, and those of ISO 6429, which some terminals obey as well. */
const CONTROL = /\p{Cc}/gu;

/** Makes text safe for a terminal: text from a publisher must not move the cursor or change colours. */
export function terminalSafe(text: string): string {
  return text.replace(CONTROL, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** Cuts a text to this many characters; the last one is then an ellipsis. */
export function cut(text: string, width: number): string {
  return text.length <= width ? text : `${text.slice(0, Math.max(0, width - 1))}…`;
}

/** A whole number with separators: `1,240`. */
export function count(value: number): string {
  return value.toLocaleString('en-GB');
}

/**
 * Width of an output in characters: null if it is not a terminal, Infinity for a terminal that does not report it, as some of
 * programs that record or run others.
 */
export function widthOf({ isTTY, columns }: { isTTY?: boolean; columns?: number }): number | null {
  if (isTTY !== true) return null;
  return columns || Number.POSITIVE_INFINITY;
}

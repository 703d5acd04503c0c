const COLOURS = { bold: 1, dim: 2, red: 31, green: 32, yellow: 33, blue: 34, magenta: 35, cyan: 36 };

export type Colour = keyof typeof COLOURS;

/** Colours a text, or returns it as it is. */
export type Paint = (colour: Colour, text: string) => string;

/** A painter that paints, or one that does not. */
export function painter(colours: boolean): Paint {
  return colours
    ? (colour, text) => `\u001b[${COLOURS[colour]}m${text}\u001b[39m\u001b[22m`
    : (_, text) => text;
}

/**
 * Whether to colour what is printed: as the user says, else on a terminal where NO_COLOR (https://no-color.org) is
 * not set.
 *
 * @param wanted what `--color` or `--no-color` say; undefined for neither
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

/** Text from elsewhere, fit for a terminal: whatever a publisher wrote, it moves no cursor and changes no colour. */
export function harmless(text: string): string {
  return text.replace(CONTROL, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** Cuts a text to so many characters, the last of which then is an ellipsis. */
export function cut(text: string, width: number): string {
  return text.length <= width ? text : `${text.slice(0, Math.max(0, width - 1))}…`;
}

/** A whole number as people write it: `1,240`. */
export function count(value: number): string {
  return value.toLocaleString('en-GB');
}

/** Longest part, in characters, of a client's own words that an error message repeats. */
const MAX_QUOTE = 40;

/**
 * The text, or its first `max` characters and an ellipsis. Never ends in half of a surrogate pair, so the result can
 * be written as UTF-8 wherever the text could.
 */
export function shorten(text: string, max: number): string {
  if (text.length <= max) return text;
  const last = text.charCodeAt(max - 1);
  const splitsPair = last >= 0xd800 && last <= 0xdbff;
  return `${text.slice(0, splitsPair ? max - 1 : max)}…`;
}

/** A client's own words as an error message repeats them: in quotes, and short however long they are. */
export function quote(text: string): string {
  return `"${shorten(text, MAX_QUOTE)}"`;
}

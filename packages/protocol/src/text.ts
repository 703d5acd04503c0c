/** Maximum length of a client's own words in an error message, in characters. */
const MAX_QUOTE = 40;

/**
 * The text, or its first `max` characters and an ellipsis. Never ends with half of a surrogate pair, so the result
 * can be encoded as UTF-8 if the text can.
 */
export function shorten(text: string, max: number): string {
  if (text.length <= max) return text;
  const last = text.charCodeAt(max - 1);
  const splitsPair = last >= 0xd800 && last <= 0xdbff;
  return `${text.slice(0, splitsPair ? max - 1 : max)}…`;
}

/**
 * The JSON text of a value; `none` if it has none, or is nested too deeply to be written. JSON.parse has no such limit, so a
 * value that was received may be.
 */
export function jsonOr(none: string, value: unknown, indent?: number): string {
  try {
    return JSON.stringify(value, null, indent) ?? none;
  } catch (error) {
    if (error instanceof RangeError) return none;
    throw error;
  }
}

/** A client's own words for an error message: in quotes, and shortened. */
export function quote(text: string): string {
  return `"${shorten(text, MAX_QUOTE)}"`;
}

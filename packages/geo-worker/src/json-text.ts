/** Readers of valid JSON text: each function skips one thing that begins at an offset, and returns where it ends. */

export const QUOTE = 34;
export const COMMA = 44;
export const COLON = 58;
const BACKSLASH = 92;
export const OPEN_BRACKET = 91;
export const CLOSE_BRACKET = 93;
export const OPEN_BRACE = 123;
const CLOSE_BRACE = 125;
const SPACE = 32;

export function skipBlank(text: string, start: number): number {
  let at = start;
  while (text.charCodeAt(at) <= SPACE) at++;
  return at;
}

export function skipString(text: string, start: number): number {
  for (let at = start + 1; ; at++) {
    const unit = text.charCodeAt(at);
    if (unit === QUOTE) return at + 1;
    if (unit === BACKSLASH) at++;
  }
}

/** Skips any value; without recursion, because nothing bounds its depth. */
export function skipValue(text: string, start: number): number {
  let depth = 0;
  for (let at = start; ; ) {
    const unit = text.charCodeAt(at);
    if (unit === QUOTE) at = skipString(text, at);
    else if (unit === OPEN_BRACKET || unit === OPEN_BRACE) {
      depth++;
      at++;
    } else if (unit === CLOSE_BRACKET || unit === CLOSE_BRACE) {
      depth--;
      at++;
    } else if (depth === 0) return skipScalar(text, at);
    else at++;
    // Most of the text is digits and blanks of coordinates, which come before the brackets in Unicode.
    if (depth > 0) while (text.charCodeAt(at) < OPEN_BRACKET && text.charCodeAt(at) !== QUOTE) at++;
    else return at;
  }
}

/** Skips a number, true, false or null. */
function skipScalar(text: string, start: number): number {
  let at = start;
  for (; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    if (unit === COMMA || unit === CLOSE_BRACE || unit === CLOSE_BRACKET || unit <= SPACE) break;
  }
  return at;
}

/** Whether the string between two offsets, quotes included, is a name without characters that JSON must escape. */
export function isName(text: string, start: number, end: number, name: string): boolean {
  if (end - start === name.length + 2) return text.startsWith(name, start + 1);
  // An escape is longer than the character that it stands for.
  return (
    end - start > name.length + 2 &&
    hasEscape(text, start, end) &&
    JSON.parse(text.slice(start, end)) === name
  );
}

function hasEscape(text: string, start: number, end: number): boolean {
  for (let at = start; at < end; at++) if (text.charCodeAt(at) === BACKSLASH) return true;
  return false;
}

const [QUOTE, COMMA, BACKSLASH] = [0x22, 0x2c, 0x5c];
const [OPEN_ARRAY, CLOSE_ARRAY, OPEN_OBJECT, CLOSE_OBJECT] = [0x5b, 0x5d, 0x7b, 0x7d];

/** An object or array that is being read. */
interface Container {
  /** The index of a member by its name; null for an array. */
  readonly names: Map<string, number> | null;
  /** Offset of each member's name. */
  readonly starts: number[];
  expectsName: boolean;
}

/**
 * JSON text in which no object has two members with the same name: only the last one stays, which is the one that
 * JSON.parse uses. Everything else stays as written. RFC 8259, section 4, leaves open which one a reader uses, so a client
 * could read members that were never checked.
 *
 * @param text valid JSON; not checked again
 * @returns the text itself if nothing is repeated
 */
export function withSingleMembers(text: string): string {
  const cuts = repeatedMembers(text);
  if (cuts.length === 0) return text;
  // An object or array begins before its contents.
  cuts.sort(([a], [b]) => a - b);
  let [kept, from] = ['', 0];
  for (const [start, end] of cuts) {
    if (start < from) continue;
    kept += text.slice(from, start);
    from = end;
  }
  return kept + text.slice(from);
}

/** The spans of members that a later one with the same name replaces, each with the comma after it. */
function repeatedMembers(text: string): [start: number, end: number][] {
  const cuts: [number, number][] = [];
  const open: Container[] = [];
  let inside: Container | undefined;
  for (let i = 0; i < text.length; i++) {
    switch (text.charCodeAt(i)) {
      case QUOTE: {
        const end = stringEnd(text, i);
        if (inside?.expectsName === true) {
          const cut = addMember(inside, nameIn(text.slice(i, end)), i);
          if (cut !== null) cuts.push(cut);
        }
        i = end - 1;
        break;
      }
      case COMMA:
        if (inside !== undefined) inside.expectsName = inside.names !== null;
        break;
      case OPEN_OBJECT:
      case OPEN_ARRAY: {
        const isObject = text.charCodeAt(i) === OPEN_OBJECT;
        inside = { names: isObject ? new Map() : null, starts: [], expectsName: isObject };
        open.push(inside);
        break;
      }
      case CLOSE_OBJECT:
      case CLOSE_ARRAY:
        open.pop();
        inside = open.at(-1);
        break;
    }
  }
  return cuts;
}

/** Records a member; returns the span of the earlier one that it replaces. */
function addMember(inside: Container, name: string, start: number): [start: number, end: number] | null {
  const { names, starts } = inside;
  inside.expectsName = false;
  const earlier = names?.get(name);
  names?.set(name, starts.length);
  starts.push(start);
  const [from, to] = earlier === undefined ? [] : [starts[earlier], starts[earlier + 1]];
  return from === undefined || to === undefined ? null : [from, to];
}

/** Offset after the string that begins at `start`. */
function stringEnd(text: string, start: number): number {
  let end = text.indexOf('"', start + 1);
  while (isEscaped(text, end)) end = text.indexOf('"', end + 1);
  return end + 1;
}

function isEscaped(text: string, at: number): boolean {
  let before = at;
  while (text.charCodeAt(before - 1) === BACKSLASH) before--;
  return (at - before) % 2 === 1;
}

/** The name that a string means: it may be written with escapes. */
function nameIn(literal: string): string {
  return literal.includes('\\') ? String(JSON.parse(literal)) : literal.slice(1, -1);
}

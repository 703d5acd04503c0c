const [QUOTE, COMMA, BACKSLASH] = [0x22, 0x2c, 0x5c];
const [OPEN_ARRAY, CLOSE_ARRAY, OPEN_OBJECT, CLOSE_OBJECT] = [0x5b, 0x5d, 0x7b, 0x7d];

/** An object or array that is being read. */
interface Container {
  /** By name, which of the members has it; null for an array. */
  readonly names: Map<string, number> | null;
  /** Offset of each member's name. */
  readonly starts: number[];
  expectsName: boolean;
}

/**
 * JSON text in which no object has two members of one name: of each, what JSON.parse takes stays, the last one. All else
 * stays as it is written. RFC 8259, section 4, leaves open which one a reader takes, so that one who was not shown the
 * others may still read them.
 *
 * @param text valid JSON; not checked again
 * @returns the text itself if nothing is repeated
 */
export function withSingleMembers(text: string): string {
  const cuts = repeatedMembers(text);
  if (cuts.length === 0) return text;
  // What holds others begins before them.
  cuts.sort(([a], [b]) => a - b);
  let [kept, from] = ['', 0];
  for (const [start, end] of cuts) {
    if (start < from) continue;
    kept += text.slice(from, start);
    from = end;
  }
  return kept + text.slice(from);
}

/** Where members are that another one of the same name follows, each with the comma behind it. */
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

/** Notes a member; returns where the one is that it takes the place of. */
function addMember(inside: Container, name: string, start: number): [start: number, end: number] | null {
  const { names, starts } = inside;
  inside.expectsName = false;
  const earlier = names?.get(name);
  names?.set(name, starts.length);
  starts.push(start);
  const [from, to] = earlier === undefined ? [] : [starts[earlier], starts[earlier + 1]];
  return from === undefined || to === undefined ? null : [from, to];
}

/** Offset behind the string that begins at `start`. */
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

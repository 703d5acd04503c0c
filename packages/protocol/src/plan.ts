import { MAX_ARGUMENT_LENGTH } from './limits.js';
import type { ArgumentSpecs, CommandSpec, TextSpec, ValueSpec } from './spec.js';
import { parseStreamId } from './stream-id.js';
import { quote } from './text.js';
import { parseBoolean, parseChoice, parseDecimal, parseInteger } from './values.js';

/** One value that a client can send, ready to be parsed. */
export interface Slot {
  /** Its name on the wire. */
  readonly name: string;
  /** Its name in the parsed arguments. */
  readonly key: string;
  readonly spec: ValueSpec;
  readonly index: number;
  /** Its group; null for none. */
  readonly group: string | null;
  /** Its place among the positional arguments; null if it has none. */
  readonly position: number | null;
}

/** The arguments of one command, prepared for the parser. */
export interface Plan {
  readonly slots: readonly Slot[];
  /** Slots by name, alias and name in camel case. */
  readonly byName: ReadonlyMap<string, Slot>;
  readonly positional: readonly Slot[];
  readonly groups: readonly { readonly key: string; readonly members: readonly Slot[] }[];
  /** The key of the hints; null if the command accepts none. */
  readonly hints: string | null;
}

/** Every command accepts this, at least by name. */
export const CLIENT_REF = {
  type: 'text',
  doc: 'any word; every envelope that answers has it as `client_reference`',
} as const satisfies TextSpec;

const ARGUMENT_NAME = /^[a-z][a-z\d_]*$/u;

/** @throws RangeError if the specification contradicts itself */
export function planOf(spec: Pick<CommandSpec, 'name' | 'arguments'>): Plan {
  const slots = slotsOf(spec.arguments);
  checkPositions(spec.name, slots);
  const groups = Object.entries(spec.arguments)
    .filter(([, { type }]) => type === 'group')
    .map(([name]) => ({ key: camelCase(name), members: slots.filter(({ group }) => group === name) }));
  const [hints] = Object.entries(spec.arguments).find(([, { type }]) => type === 'hints') ?? [null];
  return {
    slots,
    byName: namesOf(spec.name, slots),
    positional: slots.filter(({ position }) => position !== null),
    groups,
    hints: hints && camelCase(hints),
  };
}

function slotsOf(given: ArgumentSpecs): Slot[] {
  const args = 'client_ref' in given ? given : { ...given, client_ref: { ...CLIENT_REF, named: true } };
  const slots: Slot[] = [];
  let positions = 0;
  const add = (name: string, spec: ValueSpec, group: string | null): void => {
    const position = spec.named === true ? null : positions++;
    slots.push({ name, key: camelCase(name), spec, index: slots.length, group, position });
  };
  for (const [name, spec] of Object.entries(args)) {
    if (spec.type === 'group') {
      for (const [member, inner] of Object.entries(spec.members)) add(member, inner, name);
    } else if (spec.type !== 'hints') add(name, spec, null);
  }
  return slots;
}

function namesOf(command: string, slots: readonly Slot[]): Map<string, Slot> {
  const byName = new Map<string, Slot>();
  for (const slot of slots) {
    for (const name of new Set([slot.name, slot.key, ...(slot.spec.aliases ?? [])])) {
      if (byName.has(name)) throw new RangeError(`${command}: two arguments are called ${quote(name)}`);
      byName.set(name, slot);
    }
  }
  return byName;
}

function checkPositions(command: string, slots: readonly Slot[]): void {
  let optional: string | null = null;
  for (const { name, spec, group, position } of slots) {
    if (!ARGUMENT_NAME.test(name)) {
      throw new RangeError(`${command}: ${quote(name)} cannot be an argument's name; use lower case and _`);
    }
    if (position === null) continue;
    if (spec.required === true && group === null) {
      if (optional !== null)
        throw new RangeError(`${command}: ${name} is required, but ${optional} before it is not`);
    } else optional ??= name;
  }
}

function camelCase(name: string): string {
  return name.replaceAll(/_([a-z\d])/gu, (_match, letter: string) => letter.toUpperCase());
}

/** The value of an argument that the client did not give. */
export function absentValue(spec: ValueSpec): unknown {
  return 'default' in spec ? spec.default : null;
}

/** Longest text of an argument, in characters. Errors about numbers repeat only their beginning. */
export function maxLengthOf(spec: ValueSpec): number {
  if (spec.type === 'json' || spec.type === 'number') return Number.POSITIVE_INFINITY;
  return (spec.type === 'text' ? spec.maxLength : undefined) ?? MAX_ARGUMENT_LENGTH;
}

/**
 * Parses the text of an argument.
 *
 * @throws CommandError `invalid_argument`
 */
export function readValue({ name, spec }: Slot, text: string): unknown {
  switch (spec.type) {
    case 'text':
    case 'json':
      return text;
    case 'number':
      return parseDecimal(text, name, spec.above);
    case 'integer':
      return parseInteger(text, name, spec.min, spec.max);
    case 'boolean':
      return parseBoolean(text, name);
    case 'choice':
      return parseChoice(text, name, spec.choices);
    case 'stream_id':
      return parseStreamId(text, name);
  }
}

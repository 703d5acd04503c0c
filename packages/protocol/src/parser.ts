import { type CommandArgs, namedArgs } from './command-args.js';
import { CommandError } from './errors.js';
import { MAX_HINTS } from './limits.js';
import { absentValue, maxLengthOf, type Plan, readValue, type Slot } from './plan.js';
import type { Hints } from './spec.js';
import { quote } from './text.js';
import { checkLength } from './values.js';

/** The texts that a client sent, by the index of their slots. */
type Texts = (string | undefined)[];

/** Parses the arguments of one command according to its specification. */
export class ArgumentParser {
  readonly #plan: Plan;
  readonly #usage: string;
  readonly #ignoresFurther: boolean;

  constructor(plan: Plan, usage: string, ignoresFurther: boolean) {
    this.#plan = plan;
    this.#usage = usage;
    this.#ignoresFurther = ignoresFurther;
  }

  /** @throws CommandError if the arguments do not fit the command */
  parse(args: CommandArgs): Record<string, unknown> {
    const { slots, groups, hints } = this.#plan;
    const texts: Texts = new Array(slots.length).fill(undefined);
    const further = this.#bindAll(args, texts);
    const parsed: Record<string, unknown> = {};
    if (hints !== null) {
      this.#checkHints(further);
      parsed[hints] = further;
    }
    for (const slot of slots) {
      if (slot.group === null) parsed[slot.key] = this.#read(slot, texts);
    }
    for (const { key, members } of groups) {
      const given = further !== NO_HINTS || members.some(({ index }) => texts[index] !== undefined);
      parsed[key] = given ? this.#readGroup(members, texts) : null;
    }
    return parsed;
  }

  /** Assigns each argument to its slot; returns the remaining ones. */
  #bindAll({ positional: given, named }: CommandArgs, texts: Texts): Hints {
    const { positional, byName, hints } = this.#plan;
    if (given.length > positional.length && hints === null && !this.#ignoresFurther) {
      throw new CommandError(
        'too_many_arguments',
        `${given.length} arguments given, at most ${positional.length} accepted; usage: ${this.#usage}`,
      );
    }
    positional.forEach((slot, i) => {
      const value = given[i];
      if (value === undefined) return;
      if (slot.key === 'clientRef') this.#refuseOption(value);
      this.#bind(slot, value, texts);
    });
    const further: [name: string, value: string][] = [];
    for (const name of Object.keys(named)) {
      const slot = byName.get(name);
      const value = named[name] ?? '';
      if (slot !== undefined) this.#bind(slot, value, texts);
      else if (hints !== null) further.push([name, value]);
      else if (!this.#ignoresFurther) throw this.#unknown(name);
    }
    if (hints === null || (given.length <= positional.length && further.length === 0)) return NO_HINTS;
    return { words: given.slice(positional.length), named: namedArgs(further) };
  }

  /** A reference may be any word, so that the name of an option without its value would have no effect. */
  #refuseOption(word: string): void {
    const option = this.#plan.byName.get(word);
    if (option?.position !== null) return;
    const value = option.spec.type === 'boolean' ? 'true' : '...';
    throw new CommandError(
      'invalid_argument',
      `${quote(word)} is an option, but has no value; write ${word}=${value}`,
    );
  }

  #bind(slot: Slot, value: string, texts: Texts): void {
    if (texts[slot.index] !== undefined) {
      throw new CommandError('invalid_argument', `${slot.name} is given twice; usage: ${this.#usage}`);
    }
    checkLength(value, slot.name, maxLengthOf(slot.spec));
    texts[slot.index] = value;
  }

  #read(slot: Slot, texts: Texts): unknown {
    const text = texts[slot.index];
    if (text !== undefined) return readValue(slot, text);
    if (slot.spec.required === true) throw this.#missing(slot);
    return absentValue(slot.spec);
  }

  /** The values of a group, if at least one of them or a hint was given. */
  #readGroup(members: readonly Slot[], texts: Texts): Record<string, unknown> {
    const values: Record<string, unknown> = {};
    for (const slot of members) {
      const text = texts[slot.index];
      if (text === undefined) throw this.#missing(slot);
      values[slot.key] = readValue(slot, text);
    }
    return values;
  }

  #checkHints(hints: Hints): void {
    if (hints === NO_HINTS) return;
    const { words } = hints;
    const named = Object.entries(hints.named);
    const count = words.length + named.length;
    if (count > MAX_HINTS) {
      throw new CommandError(
        'too_many_arguments',
        `${count} hints given, at most ${MAX_HINTS} accepted; usage: ${this.#usage}`,
      );
    }
    for (const word of words) checkLength(word, 'hint');
    for (const [name, value] of named) checkLength(`${name}=${value}`, `hint ${quote(name)}`);
  }

  #missing({ name }: Slot): CommandError {
    return new CommandError('missing_argument', `${name} is missing; usage: ${this.#usage}`);
  }

  #unknown(name: string): CommandError {
    return new CommandError('unknown_argument', `there is no argument ${quote(name)}; usage: ${this.#usage}`);
  }
}

const NO_HINTS: Hints = Object.freeze({ words: [], named: Object.freeze(namedArgs([])) });

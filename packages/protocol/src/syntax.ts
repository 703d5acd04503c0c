import type { CommandArgs } from './command-args.js';
import { ArgumentParser } from './parser.js';
import { planOf, type Slot } from './plan.js';
import type { ArgsOf, ArgumentSpecs, CommandSpec } from './spec.js';
import { quote } from './text.js';
import { usageOf } from './usage.js';

/** The argument of a command that is JSON text. */
export interface JsonArgument {
  name: string;
  /** The number of positional arguments before it. */
  position: number;
}

/** A specification and what follows from it. */
export interface CommandSyntax<Args extends ArgumentSpecs = ArgumentSpecs, Parsed = unknown>
  extends CommandSpec<Args, Parsed> {
  /** One line, as in `GET key [field [client_ref]]`. */
  readonly usage: string;
  /** All values that a client can send, including those of groups and `client_ref`, in order. */
  readonly slots: readonly Slot[];
  /** The argument that is JSON text; null if there is none. */
  readonly json: JsonArgument | null;
  /** True if further words and names are kept as hints. */
  readonly takesHints: boolean;
  /** The value with this name, alias or name in camel case. */
  slotOf(name: string): Slot | undefined;
  /** @throws CommandError if the arguments do not fit the command */
  parse(args: CommandArgs): Parsed;
}

const COMMAND_NAME = /^[A-Za-z][\w-]*$/u;

/**
 * Makes the parser and the usage line of a command.
 *
 * @throws RangeError if the specification contradicts itself
 */
export function defineSpec<const Args extends ArgumentSpecs, Parsed = ArgsOf<Args>>(
  spec: CommandSpec<Args, Parsed>,
): CommandSyntax<Args, Parsed> {
  if (!COMMAND_NAME.test(spec.name)) {
    throw new RangeError(
      `${quote(spec.name)} cannot be a command's name: letters, digits, _ and -, a letter first`,
    );
  }
  const plan = planOf(spec);
  const name = spec.name.toUpperCase();
  const usage = usageOf({ name, slots: plan.slots, hints: plan.hints !== null });
  const parser = new ArgumentParser(plan, usage, spec.ignoresFurther === true);
  // The parser's result has the type that follows from its specification.
  const read = (args: CommandArgs) => parser.parse(args) as ArgsOf<Args>;
  const { refine } = spec;
  const parse =
    refine === undefined
      ? (read as (args: CommandArgs) => Parsed)
      : (args: CommandArgs) => refine.call(spec, read(args), usage);
  return {
    ...spec,
    name,
    usage,
    slots: plan.slots,
    json: jsonArgument(plan.slots),
    takesHints: plan.hints !== null,
    slotOf: (argument) => plan.byName.get(argument),
    parse,
  };
}

function jsonArgument(slots: readonly Slot[]): JsonArgument | null {
  const slot = slots.find(({ spec }) => spec.type === 'json');
  return slot === undefined ? null : { name: slot.name, position: slot.position ?? Number.POSITIVE_INFINITY };
}

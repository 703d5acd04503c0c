import type { Envelope } from './envelope.js';
import type { ErrorCode } from './errors.js';

/** Properties of every kind of argument. */
interface Described {
  /** One phrase for the reference: the meaning, with units and, if necessary, an example. */
  readonly doc: string;
  /** Other names that clients use. `axisOrder` need not be listed for `axis_order`. */
  readonly aliases?: readonly string[];
  /** True if the command is refused without it. */
  readonly required?: boolean;
  /** True if it has no position, only a name: `name=value`. */
  readonly named?: boolean;
  /** What the usage line shows instead of the name or the value, such as `epsg:n`. */
  readonly placeholder?: string;
}

/** Any word. */
export interface TextSpec extends Described {
  readonly type: 'text';
  /** Longest value, in characters; `MAX_ARGUMENT_LENGTH` by default. */
  readonly maxLength?: number;
}

/** A finite decimal number. */
export interface NumberSpec extends Described {
  readonly type: 'number';
  /** The value must be greater. */
  readonly above?: number;
  readonly unit?: string;
}

/** A whole number from `min` to `max`. */
export interface IntegerSpec extends Described {
  readonly type: 'integer';
  readonly min: number;
  readonly max: number;
  readonly unit?: string;
}

/** `true` or `false`, also `1` or `0`. */
export interface BooleanSpec extends Described {
  readonly type: 'boolean';
  /** The value if the client sends none. */
  readonly default?: boolean;
}

/** One of a few words. */
export interface ChoiceSpec extends Described {
  readonly type: 'choice';
  readonly choices: readonly string[];
  /** The value if the client sends none. */
  readonly default?: string;
}

/** Id of an entry of a Redis Stream, such as `1753100000000-0`. */
export interface StreamIdSpec extends Described {
  readonly type: 'stream_id';
}

/** JSON text: on a line, the rest of the line, including white space. Not checked. */
export interface JsonSpec extends Described {
  readonly type: 'json';
}

/** One value that a client sends. */
export type ValueSpec =
  | TextSpec
  | NumberSpec
  | IntegerSpec
  | BooleanSpec
  | ChoiceSpec
  | StreamIdSpec
  | JsonSpec;

/** Values that a client sends all together or not at all. */
export interface GroupSpec {
  readonly type: 'group';
  readonly members: Readonly<Record<string, ValueSpec>>;
}

/** All further words and names, unchanged; they need the groups of the command. */
export interface HintsSpec {
  readonly type: 'hints';
  readonly doc: string;
}

/** One entry of a command's arguments. */
export type ArgumentSpec = ValueSpec | GroupSpec | HintsSpec;

/** A command's arguments by name (lower case, words joined by `_`), in the order of their positions. */
export type ArgumentSpecs = Readonly<Record<string, ArgumentSpec>>;

/** What a client sends and then receives, in an example. */
export interface Exchange {
  readonly send: string;
  readonly receive?: readonly Envelope[];
}

/** A command as a client sees it. Everything about its syntax comes from here. */
export interface CommandSpec<Args extends ArgumentSpecs = ArgumentSpecs, Parsed = unknown> {
  /** Letters, digits, `_` and `-`, a letter first, in upper or lower case. */
  readonly name: string;
  /** One sentence: what the command does. */
  readonly summary: string;
  /** Every command takes `client_ref` by name; list it here to give it a position. */
  readonly arguments: Args;
  /** True if further words and names are ignored instead of refused. */
  readonly ignoresFurther?: boolean;
  /**
   * The envelopes that answer the command. Without it, a raw client that sent a `client_ref` receives a confirmation.
   */
  readonly answer?: string;
  /** True if a raw client receives a confirmation even without a `client_ref`. */
  readonly confirms?: boolean;
  /** Errors besides those about arguments. */
  readonly errors?: readonly ErrorCode[];
  readonly example?: readonly Exchange[];
  /**
   * Checks arguments against each other and returns them in the shape that the command needs. It may run more than
   * once for one command, so it must have no side effects.
   *
   * @param usage for error messages
   * @throws CommandError if they are not valid together
   */
  refine?(args: ArgsOf<Args>, usage: string): Parsed;
}

type CamelCase<Name extends string> = Name extends `${infer Head}_${infer Tail}`
  ? `${Head}${Capitalize<CamelCase<Tail>>}`
  : Name;

/** The expanded form of a type, for readable errors and tooltips. */
type Flat<T> = { [Key in keyof T]: T[Key] };

/** Hints of a command: words, and values by name as an object without a prototype. */
export interface Hints {
  readonly words: readonly string[];
  readonly named: Readonly<Record<string, string>>;
}

type Value<Spec> = Spec extends { type: 'text' | 'stream_id' | 'json' }
  ? string
  : Spec extends { type: 'number' | 'integer' }
    ? number
    : Spec extends { type: 'boolean' }
      ? boolean
      : Spec extends { type: 'choice'; choices: readonly (infer Choice)[] }
        ? Choice
        : Spec extends { type: 'hints' }
          ? Hints
          : Spec extends { type: 'group'; members: infer Members }
            ? { readonly [Name in keyof Members & string as CamelCase<Name>]: Value<Members[Name]> }
            : never;

/** Arguments that always have a value, because it is required or has a default. */
type AlwaysThere = { required: true } | { default: unknown } | { type: 'hints' };

type Given<Spec> = Spec extends AlwaysThere ? Value<Spec> : Value<Spec> | null;

/** Arguments that most commands share. */
export interface Referenced {
  /** The `client_reference` of every envelope that answers; null if the client sent none. */
  readonly clientRef: string | null;
}

/** A command's arguments as its behaviour receives them: names in camel case, null for missing ones. */
export type ArgsOf<Args extends ArgumentSpecs> = Flat<
  { readonly [Name in keyof Args & string as CamelCase<Name>]: Given<Args[Name]> } & Referenced
>;

type OptionValue<Spec> = Spec extends { type: 'json' } ? unknown : Value<Spec>;

type NamesOf<Args, Kind> = { [Name in keyof Args]: Args[Name] extends Kind ? Name : never }[keyof Args];

type RequiredNames<Args> = NamesOf<Args, ValueSpec & { required: true }>;

type Single<Args> = {
  [Name in RequiredNames<Args>]: OptionValue<Args[Name]>;
} & {
  [Name in Exclude<NamesOf<Args, ValueSpec>, RequiredNames<Args>>]?: OptionValue<Args[Name]>;
} & { client_ref?: string };

type Members<Args, Group extends keyof Args> = Args[Group] extends { members: infer M }
  ? { [Name in keyof M]: OptionValue<M[Name]> }
  : never;

type HintOptions<Args> = [NamesOf<Args, HintsSpec>] extends [never]
  ? unknown
  : { [hint: string]: string | number | boolean | undefined };

/** A command's arguments as one object of options, as socket.io clients send them. */
export type OptionsOf<Args extends ArgumentSpecs> = [NamesOf<Args, GroupSpec>] extends [never]
  ? Flat<Single<Args>>
  : Flat<Single<Args>> | (Flat<Single<Args> & Members<Args, NamesOf<Args, GroupSpec>>> & HintOptions<Args>);

import { availableParallelism } from 'node:os';
import { z } from 'zod';

/** One setting: an environment variable, the option of the embedding API, its default and how its text is read. */
export interface Setting<T, Option extends string = string> {
  /** Path in `GatewayOptions`, such as `limits.maxConnections`. */
  option: Option;
  /** The default, as text for the environment; empty for none. */
  default: string;
  /** The default with `LIMITS=off`; undefined if it is the same. */
  defaultWithoutLimits?: string;
  /** One to three sentences for `--help`, the reference and the option's doc comment. */
  doc: string;
  parser: ValueParser<T>;
  /** The variable's former name, which still works; undefined if it never had another. */
  formerName?: string;
  /** Whether its value may also be in a file, which the variable with `_FILE` at its end names. */
  isSecret?: true;
}

/** Parses the text of a setting. `type` is the TypeScript type of its option. */
export interface ValueParser<T> {
  readonly schema: z.ZodType<T, string>;
  readonly type: string;
}

/** A row of the table of settings. */
export function setting<T, const Option extends string>(
  option: Option,
  fallback: string,
  parser: ValueParser<T>,
  doc: string,
  formerName?: string,
): Setting<T, Option> {
  return { option, default: fallback, doc, parser, ...(formerName !== undefined && { formerName }) };
}

/** A limit whose default is wider with `LIMITS=off`: one default for the open internet, and one for trusted networks. */
export function limit<T, const Option extends string>(
  option: Option,
  fallback: string,
  withoutLimits: string,
  parser: ValueParser<T>,
  doc: string,
): Setting<T, Option> {
  return { ...setting(option, fallback, parser, doc), defaultWithoutLimits: withoutLimits };
}

/** A setting that must not be seen by everybody who may see the environment. */
export function secret<Row extends Setting<unknown>>(row: Row): Row {
  return { ...row, isSecret: true };
}

/** Any text that the check accepts. */
export function text(check: z.ZodType<string, string> = z.string()): ValueParser<string> {
  return { schema: check, type: 'string' };
}

/** Items separated by commas. */
export const list: ValueParser<string[]> = {
  schema: z.string().transform((value) =>
    value
      .split(',')
      .map((item) => item.trim())
      .filter((item) => item !== ''),
  ),
  type: 'readonly string[]',
};

/** One of the given words. */
export function oneOf<const Words extends readonly [string, ...string[]]>(
  words: Words,
): ValueParser<Words[number]> {
  return { schema: z.enum(words), type: words.map((word) => `'${word}'`).join(' | ') };
}

/** `on` or `off`; a boolean in the embedding API. */
export const onOff: ValueParser<boolean> = {
  schema: z.enum(['on', 'off']).transform((value) => value === 'on'),
  type: 'boolean',
};

/** Values that `use` accepts; the error that it throws says what is wrong. */
export function usable<T>({ schema, type }: ValueParser<T>, use: (value: T) => unknown): ValueParser<T> {
  return {
    type,
    schema: schema.superRefine((value, context) => {
      try {
        use(value);
      } catch (error) {
        const why = error instanceof Error ? error.message : String(error);
        context.addIssue({ code: 'custom', message: `cannot be used: ${why}` });
      }
    }),
  };
}

/** A whole number from `min` to `max`. */
export function integer(min: number, max: number): ValueParser<number> {
  return {
    type: 'number',
    schema: z
      .string()
      .refine((value) => /^\d+$/u.test(value) && Number(value) >= min && Number(value) <= max, {
        error: `must be a whole number from ${min} to ${max}`,
      })
      .transform(Number),
  };
}

/** What the parser accepts, or an empty value. */
export function optional<T>({ schema, type }: ValueParser<T>): ValueParser<T | undefined> {
  return {
    type: `${type} | undefined`,
    schema: z.string().transform((value, context) => {
      if (value === '') return undefined;
      const result = schema.safeParse(value);
      if (result.success) return result.data;
      for (const { message } of result.error.issues) context.addIssue({ code: 'custom', message });
      return z.NEVER;
    }),
  };
}

/** A number from `min` to `max`. */
export function decimal(min: number, max: number): ValueParser<number> {
  return {
    type: 'number',
    schema: z
      .string()
      .refine((value) => Number(value) >= min && Number(value) <= max, {
        error: `must be a number from ${min} to ${max}`,
      })
      .transform(Number),
  };
}

const UNITS: Readonly<Record<string, number>> = { B: 1, KiB: 1024, MiB: 1024 ** 2, GiB: 1024 ** 3 };

/** A size in bytes: a whole number, or one with a unit such as `8 MiB`. */
export function bytes(min: number, max: number): ValueParser<number> {
  return {
    type: 'number | string',
    schema: z.string().transform((value, context) => {
      const [, digits, unit = 'B'] = /^(\d+) ?(B|KiB|MiB|GiB)?$/u.exec(value) ?? [];
      const size = Number(digits) * (UNITS[unit] ?? Number.NaN);
      if (size >= min && size <= max) return size;
      const range = `from ${min} to ${max} bytes`;
      context.addIssue({
        code: 'custom',
        message: `must be a size ${range}: a whole number of bytes, or one with a unit such as 512 KiB, 8 MiB or 1 GiB`,
      });
      return z.NEVER;
    }),
  };
}

/** More threads than this rarely help, and each can take hundreds of megabytes. */
export const MAX_AUTO_THREADS = 2;

/** A number of threads, or `auto` for one that suits the machine. */
export function threads(max: number): ValueParser<number> {
  const given = integer(0, max).schema;
  return {
    type: "number | 'auto'",
    schema: z.string().transform((value, context) => {
      if (value === 'auto') return Math.min(MAX_AUTO_THREADS, availableParallelism());
      const result = given.safeParse(value);
      if (result.success) return result.data;
      context.addIssue({ code: 'custom', message: `must be a whole number from 0 to ${max}, or auto` });
      return z.NEVER;
    }),
  };
}

/** A name that needs no escaping in a URL or in a Redis glob. */
export const name = text(
  z.string().regex(/^[\w.-]{0,100}$/u, { error: 'must be at most 100 letters, digits, ".", "_" and "-"' }),
);

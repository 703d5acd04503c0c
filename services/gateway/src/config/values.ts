import { availableParallelism } from 'node:os';
import { z } from 'zod';

/** One environment variable: what it means and how its text is read. */
export interface Variable<T> {
  /** One or two sentences for `--help` and the reference. */
  doc: string;
  /** What stands where nothing is set, as it would be written; empty for none. */
  default: string;
  schema: z.ZodType<T, string>;
}

/** A row of the table of settings. */
export function variable<T>(fallback: string, schema: z.ZodType<T, string>, doc: string): Variable<T> {
  return { doc, default: fallback, schema };
}

/** Any text. */
export const text = z.string();
/** Items divided by commas. */
export const list = z.string().transform((value) =>
  value
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== ''),
);

/** Values that `use` can use; what it throws says why not. */
export function usable<T>(schema: z.ZodType<T, string>, use: (value: T) => unknown): z.ZodType<T, string> {
  return schema.superRefine((value, context) => {
    try {
      use(value);
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      context.addIssue({ code: 'custom', message: `cannot be used: ${why}` });
    }
  });
}

/** A whole number from `min` to `max`. */
export function integer(min: number, max: number): z.ZodType<number, string> {
  return z
    .string()
    .refine((value) => /^\d+$/u.test(value) && Number(value) >= min && Number(value) <= max, {
      error: `must be a whole number from ${min} to ${max}`,
    })
    .transform(Number);
}

/** A number from `min` to `max`. */
export function decimal(min: number, max: number): z.ZodType<number, string> {
  return z
    .string()
    .refine((value) => Number(value) >= min && Number(value) <= max, {
      error: `must be a number from ${min} to ${max}`,
    })
    .transform(Number);
}

/** More threads than this help only with an unusual load, and each takes memory: hundreds of megabytes at worst. */
export const MAX_THREADS_BY_ITSELF = 2;

/** A number of threads, or `auto` for one that suits the machine. */
export function threads(max: number): z.ZodType<number, string> {
  const given = integer(0, max);
  return z.string().transform((value, context) => {
    if (value === 'auto') return Math.min(MAX_THREADS_BY_ITSELF, availableParallelism());
    const result = given.safeParse(value);
    if (result.success) return result.data;
    context.addIssue({ code: 'custom', message: `must be a whole number from 0 to ${max}, or auto` });
    return z.NEVER;
  });
}

/** A name that can stand in a URL and in a Redis glob as it is. */
export const NAME = /^[\w.-]{0,100}$/u;
export const NAME_REMEDY = 'must be at most 100 letters, digits, ".", "_" and "-"';

/** Arguments of a command, from either transport. All values are text, as on the wire. */
export interface CommandArgs {
  positional: readonly string[];
  named: Readonly<Record<string, string>>;
}

/** One command from a client: a name and its arguments. */
export interface CommandLine extends CommandArgs {
  /** In upper case; clients may write it in any case. */
  name: string;
}

/**
 * Arguments by name, as an object without a prototype: it holds only what the client sent, even under names such as
 * `constructor` and `__proto__`.
 */
export function namedArgs(entries: Iterable<readonly [name: string, value: string]>): Record<string, string> {
  const named: Record<string, string> = Object.create(null);
  for (const [name, value] of entries) named[name] = value;
  return named;
}

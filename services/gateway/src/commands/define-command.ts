import { type ArgsOf, type ArgumentSpecs, type CommandSpec, defineSpec } from '@viaduct/protocol';
import type { Command } from './command.js';
import type { CommandContext } from './context.js';

/** What a command does. */
export interface CommandBehaviour<Args> {
  /** Runs the command. Commands of one session run one after the other, in the order of their arrival. */
  run(context: CommandContext, args: Args): void | Promise<void>;
  /** True if `run` sets the box or the projection; the gateway limits how often a session does that. */
  changesView?: boolean;
  /**
   * For commands that change the view too fast: whether this one may be skipped if the next one has the same name and
   * is replaceable, too.
   */
  replaceable?(args: Args): boolean;
}

/**
 * Makes a command for `createGateway({ commands })`, or for a module that `COMMANDS` names.
 *
 * @param spec its syntax; the types of `run`'s arguments follow from it
 * @throws RangeError if the specification contradicts itself
 */
export function defineCommand<const Args extends ArgumentSpecs, Parsed = ArgsOf<Args>>(
  spec: CommandSpec<Args, Parsed>,
  behaviour: CommandBehaviour<Parsed>,
): Command {
  const syntax = defineSpec(spec);
  return {
    name: syntax.name,
    syntax,
    changesView: behaviour.changesView === true,
    prepare(args) {
      const parsed = syntax.parse(args);
      return {
        clientRef: textOf(parsed, 'clientRef'),
        channel: textOf(parsed, 'channel') ?? textOf(parsed, 'key'),
        replaceable: behaviour.replaceable?.(parsed) === true,
        run: (context) => behaviour.run(context, parsed),
      };
    },
  };
}

/** An argument that is text; null if there is none of that name, or `refine` has removed it. */
function textOf(parsed: unknown, name: string): string | null {
  if (typeof parsed !== 'object' || parsed === null) return null;
  const value = (parsed as Readonly<Record<string, unknown>>)[name];
  return typeof value === 'string' ? value : null;
}

import { type ArgsOf, type ArgumentSpecs, type CommandSpec, defineSpec } from '@viaduct/protocol';
import type { Command, CommandContext } from './command.js';

/** What a command does. */
export interface CommandBehaviour<Args> {
  /** Commands of one session run one after the other, in the order in which they came. */
  run(context: CommandContext, args: Args): void | Promise<void>;
  /** True if `run` sets the box or the projection; the gateway bounds how often a session does. */
  changesView?: boolean;
  /**
   * Of commands that change the view and follow one another too fast: whether this one may be skipped if the next is of
   * the same name and is replaceable, too.
   */
  replaceable?(args: Args): boolean;
}

/**
 * Makes a command for `createGateway({ commands })` or for a module that `COMMANDS` names.
 *
 * @param spec how it is written; `run` gets the arguments in the types that follow from it
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
        clientRef: clientRefOf(parsed),
        replaceable: behaviour.replaceable?.(parsed) === true,
        run: (context) => behaviour.run(context, parsed),
      };
    },
  };
}

/** A `refine` that gives the arguments another shape may leave the reference out. */
function clientRefOf(parsed: unknown): string | null {
  if (typeof parsed !== 'object' || parsed === null || !('clientRef' in parsed)) return null;
  return typeof parsed.clientRef === 'string' ? parsed.clientRef : null;
}

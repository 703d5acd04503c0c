import type { CommandLine, ErrorStatus, OkStatus, SyntaxLookup } from '@viaduct/protocol';

/** A received command. */
export interface IncomingCommand {
  /** The received text, for error messages. */
  readonly text: string;
  /** Number of commands that it counts as, because of its length. */
  readonly weight: number;
  /**
   * @param syntaxOf the commands that exist
   * @throws CommandError if there is no command in it
   */
  read(syntaxOf: SyntaxLookup): CommandLine;
  /** Reports the outcome if the transport supports that; null if envelopes report it. */
  readonly acknowledge: ((status: OkStatus | ErrorStatus) => void) | null;
}

import {
  CommandError,
  type ErrorCode,
  echo,
  namedClientRef,
  type OkStatus,
  type WarningStatus,
} from '@viaduct/protocol';
import { statusMessage } from '../delivery/messages.js';
import { errorStatus } from '../observability/errors.js';
import type { Command, PreparedCommand } from './command.js';
import type { CommandClient, CommandServices } from './command-services.js';
import type { IncomingCommand } from './incoming-command.js';

/** Longer commands that are refused unread are answered without their client reference, so that refusing costs little. */
const MAX_REFERENCED_LENGTH = 4096;

/** What is known about a running command. */
export interface AboutCommand {
  command: string;
  channel: string | null;
  clientRef: string | null;
}

/** Reports the outcome of each command to its client, and counts failures. */
export class CommandOutcomes {
  readonly #services: CommandServices;
  readonly #client: CommandClient;

  constructor(services: CommandServices, client: CommandClient) {
    this.#services = services;
    this.#client = client;
  }

  /** A command has run. */
  confirm(received: IncomingCommand, command: Command, { clientRef }: PreparedCommand): void {
    const { name, syntax } = command;
    const answers = syntax.answer !== undefined;
    const warning = this.#client.takeWarning();
    const status = okStatus(name, warning);
    if (received.acknowledge !== null) {
      const { acknowledge } = received;
      if (answers) void this.#client.outbox.drained().then(() => acknowledge(status));
      else acknowledge(status);
      return;
    }
    if (warning !== null) {
      const content: WarningStatus = { status: 'warning', message: warning, command: echo(received.text) };
      this.#client.sendEnvelope(statusMessage(content, clientRef));
    }
    if (syntax.confirms === true || (!answers && clientRef !== null)) {
      this.#client.sendEnvelope(statusMessage({ status: 'ok', command: name }, clientRef));
    }
  }

  /** A command is refused without being read. */
  refuseUnread(received: IncomingCommand, code: ErrorCode, message: string): void {
    const about = { command: 'unread', channel: null, clientRef: this.#referenceOf(received) };
    this.refuse(received, new CommandError(code, message), about, null);
  }

  /**
   * A command has failed.
   *
   * @param ms how long the command ran; null if it did not run
   */
  refuse(received: IncomingCommand, error: unknown, about: AboutCommand, ms: number | null): void {
    const { command, channel, clientRef } = about;
    const status = errorStatus(error, received.text, (defect) => {
      const named = channel === null ? { command } : { command, channel };
      this.#services.reportInternalError(defect, { where: 'command', ...this.#client.name, ...named });
    });
    this.#services.log?.command(this.#client, { command, channel, ms, outcome: status.code });
    this.#services.metrics.errors.inc({ code: status.code });
    if (received.acknowledge !== null) received.acknowledge(status);
    else this.#client.sendEnvelope(statusMessage(status, clientRef));
  }

  /** The client reference of a command that is refused unread; null if it is long, or has no readable one. */
  #referenceOf(received: IncomingCommand): string | null {
    if (received.acknowledge !== null || received.text.length > MAX_REFERENCED_LENGTH) return null;
    try {
      return namedClientRef(received.read(this.#services.registry.syntaxOf));
    } catch {
      return null;
    }
  }
}

/** The confirmation of a command. */
function okStatus(command: string, warning: string | null): OkStatus {
  return warning === null ? { status: 'ok', command } : { status: 'ok', command, warning };
}

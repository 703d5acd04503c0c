import type { IncomingMessage } from 'node:http';
import { isCredential, offeredCredentials, SUBPROTOCOL } from '@viaduct/protocol';

/** Our own subprotocol if the client offers it, else its first one: clients with others are served, too. */
export function chooseSubprotocol(offered: ReadonlySet<string>): string | false {
  if (offered.has(SUBPROTOCOL)) return SUBPROTOCOL;
  const [first = false] = [...offered].filter((subprotocol) => !isCredential(subprotocol));
  return first;
}

/** Whether a client sends credentials as a subprotocol. */
export function offersCredentials({ headers }: IncomingMessage): boolean {
  const { token, key } = offeredCredentials(headers['sec-websocket-protocol']);
  return token !== undefined || key !== undefined;
}

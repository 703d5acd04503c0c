import type { IncomingMessage } from 'node:http';

/** Clients that use a protocol that the path does not serve, and what they should do instead. */
export const MISDIRECTED = {
  old_socket_io: {
    status: 400,
    message:
      'this gateway speaks socket.io 3 and newer (Engine.IO protocol 4), but the client an older version; update the client library',
  },
  wrong_path: {
    status: 404,
    message:
      'socket.io is served at the path /socket.io/; set the option "path" of the client, and put no path into its URL',
  },
} as const;

export type Misdirection = keyof typeof MISDIRECTED;

/** The version of the Engine.IO protocol that a request speaks; null if it is not a request of socket.io. */
function engineVersion({ url = '' }: IncomingMessage): string | null {
  const query = url.indexOf('?');
  if (query < 0) return null;
  const parameters = new URLSearchParams(url.slice(query));
  return parameters.has('transport') ? parameters.get('EIO') : null;
}

/** Whether a request that is not for socket.io's path comes from a socket.io client. */
export function isSocketIo(request: IncomingMessage): boolean {
  return engineVersion(request) !== null;
}

/** Whether a request to socket.io comes from a client that is too old. */
export function isOldSocketIo(request: IncomingMessage): boolean {
  const version = engineVersion(request);
  return version !== null && Number(version) < 4;
}

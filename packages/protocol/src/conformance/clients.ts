export { type Arrival, type EnvelopeTest, Inbox } from './inbox.js';
export { RawClient, type RawClientOptions } from './raw-client.js';
export {
  type AnyEvents,
  SocketIoClient,
  type SocketIoClientOptions,
  socketTo,
} from './socket-io-client.js';
export type { Client, Closed, Reply } from './types.js';

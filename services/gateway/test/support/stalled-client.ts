import { connectEngine, RawClient, type TransportName } from '@viaduct/testkit/clients';
import type { WebSocket } from 'ws';

/** A client that subscribes to `live` and then stops reading. */
export async function stalledClient(transport: TransportName, url: string): Promise<WebSocket> {
  if (transport === 'raw') {
    const client = await RawClient.connect(url);
    await client.run('SUB live');
    client.pause();
    return client.socket;
  }
  const socket = await connectEngine(url);
  const subscribed = new Promise<void>((resolve) => {
    socket.on('message', (data) => {
      if (data.toString().startsWith('430')) resolve();
    });
  });
  socket.send('420["sub",{"channel":"live"}]');
  await subscribed;
  socket.pause();
  return socket;
}

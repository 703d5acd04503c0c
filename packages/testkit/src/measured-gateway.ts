import { fileURLToPath } from 'node:url';
import { GatewayProcess } from './gateway.js';

const MAIN = fileURLToPath(new URL('./measured-gateway-main.js', import.meta.url));

/** Memory and handles of a gateway, after a garbage collection. */
export interface Memory {
  /** Bytes. */
  heapUsed: number;
  /** Bytes. */
  rss: number;
  /** Bytes of buffers outside the heap. */
  arrayBuffers: number;
  /** Sockets, servers and pipes; no timers. */
  handles: number;
}

/** A gateway that reports its memory. */
export class MeasuredGateway extends GatewayProcess {
  /** Starts it, and resolves when it is ready. */
  static async start(env: Readonly<Record<string, string>>): Promise<MeasuredGateway> {
    const gateway = new MeasuredGateway(env, { script: MAIN, nodeArguments: ['--expose-gc'], ipc: true });
    await gateway.listening();
    await gateway.untilReady();
    return gateway;
  }

  /** Collects garbage, and resolves with the remaining memory. */
  async memory(): Promise<Memory> {
    return (await this.ask('memory')) as Memory;
  }
}

import { GeoPool, type GeoPoolObserver, type Task, type WorkerFailure } from '@viaduct/geo-worker';
import { atEnd } from '@viaduct/testkit/teardown';
import { patienceMs, until } from '@viaduct/testkit/wait';
import { featureKeys } from '../../src/delivery/conflation-key.js';
import { Hub } from '../../src/delivery/hub.js';
import {
  BigMessages,
  type BigMessagesObserver,
  type BigMessagesOptions,
  type DropReason,
} from '../../src/workers/big-messages.js';
import { FakeMember, FakeSource, Reports } from './hub-harness.js';
import { createLongWork } from './work.js';

/** A worker that fails on messages that contain an instruction to fail. */
export const FAULTY_WORKER = new URL('../fixtures/faulty-worker.mjs', import.meta.url);

/** Records the reports of the hub and of big messages. */
export class BigReports extends Reports implements BigMessagesObserver {
  readonly drops: [channel: string, reason: DropReason][] = [];

  dropped(channel: string, reason: DropReason): void {
    this.drops.push([channel, reason]);
  }
}

/** Records the reports of the pool. */
export class PoolReports implements GeoPoolObserver {
  readonly tasks: Task['kind'][] = [];
  readonly failures: [failure: WorkerFailure, again: boolean][] = [];

  done(kind: Task['kind']): void {
    this.tasks.push(kind);
  }

  failed(_kind: Task['kind'], failure: WorkerFailure, again: boolean): void {
    this.failures.push([failure, again]);
  }
}

interface BigHarnessOptions extends Partial<BigMessagesOptions> {
  threads?: number;
  timeoutMs?: number;
}

/** A hub with real workers, between a fake source and fake sessions. By default, every message is big. */
export class BigHarness {
  readonly reports = new BigReports();
  readonly poolReports = new PoolReports();
  readonly pool: GeoPool;
  readonly bigMessages: BigMessages;
  readonly hub: Hub;

  constructor(options: BigHarnessOptions = {}) {
    const { threads = 2, timeoutMs = patienceMs() } = options;
    const { minBytes = 1, maxBytes = 1e9, maxMessages = 1e6 } = options;
    const observer = this.poolReports;
    this.pool = new GeoPool({ threads, timeoutMs, heapMb: 64, observer, file: FAULTY_WORKER });
    this.bigMessages = new BigMessages(this.pool, createLongWork(), this.reports, {
      minBytes,
      maxBytes,
      maxMessages,
      idProperty: '',
    });
    this.hub = this.another().hub;
    atEnd(() => {
      this.bigMessages.close();
      return this.pool.close();
    });
  }

  /** A hub that shares workers and reports with other hubs. */
  another(): { hub: Hub; reports: BigReports } {
    return {
      hub: new Hub(new FakeSource(), this.reports, 500, this.bigMessages, featureKeys('')),
      reports: this.reports,
    };
  }

  async member(...channels: string[]): Promise<FakeMember> {
    const member = new FakeMember();
    for (const channel of channels) await this.hub.subscribe(channel, member);
    return member;
  }

  /** Resolves when every message so far has been sent or dropped. */
  async done(): Promise<void> {
    await until(() => this.bigMessages.messages === 0, 'the workers');
  }
}

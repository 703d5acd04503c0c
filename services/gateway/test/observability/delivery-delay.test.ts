import { expect, test } from 'vitest';
import { OutMessage } from '../../src/delivery/messages.js';
import { GatewayMetrics } from '../../src/observability/metrics.js';

test('messages have the delay since their cause arrived, and what is sent from memory has none', async () => {
  const metrics = new GatewayMetrics();
  const send = (arrivedAt: number | null): void =>
    metrics.flushed(new OutMessage('{}', arrivedAt).head, 10_000, 'raw');
  send(9_750);
  send(null);
  const text = await metrics.registry.metrics();
  expect(text).toContain('viaduct_delivery_delay_seconds_count 1\n');
  expect(text).toContain('viaduct_delivery_delay_seconds_sum 0.25\n');
});

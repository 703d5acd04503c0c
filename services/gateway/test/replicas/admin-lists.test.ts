import {
  busiestOf,
  type ChannelsAnswer,
  channelsOf,
  rowsOf,
  sessionsOf,
  startAlone,
} from '@viaduct/testkit/admin';
import { RawClient } from '@viaduct/testkit/clients';
import { describe, expect, test } from 'vitest';

describe('lists are bounded', () => {
  test('sessions: by the limit, which is 1000 by default', async () => {
    const gateway = await startAlone();
    for (let i = 0; i < 5; i++) await (await RawClient.connect(gateway.url)).run('SUB trains');
    const some = await sessionsOf(gateway, '?limit=3');
    expect([some.total, some.truncated, rowsOf(some).length]).toEqual([5, true, 3]);
    const all = await sessionsOf(gateway, '?limit=5');
    expect([all.total, all.truncated, rowsOf(all).length]).toEqual([5, false, 5]);
    const filtered = await sessionsOf(gateway, '?limit=3&channel=buses');
    expect([filtered.total, filtered.truncated]).toEqual([0, false]);
  });

  test('sessions: by the length of the list, and by the channels of each session', async () => {
    const gateway = await startAlone();
    const pad = 'x'.repeat(1000);
    for (let i = 0; i < 6; i++) {
      const client = await RawClient.connect(gateway.url);
      client.sendTogether(Array.from({ length: 120 }, (_, at) => `SUB ${at}-${pad}`));
      await client.run('PING');
    }
    const answer = await sessionsOf(gateway);
    expect([answer.total, answer.truncated]).toEqual([6, true]);
    const rows = rowsOf(answer);
    expect(rows.length).toBeGreaterThan(1);
    expect(rows.length).toBeLessThan(6);
    expect(rows[0]?.subscriptions).toHaveLength(100);
    expect(rows[0]?.subscriptionCount).toBe(120);
  });

  test('channels: page by page, each once and with the right number', async () => {
    const gateway = await startAlone();
    const names = ['a', 'b&b', 'c+c', 'd%20', '\u{e9}', '\u{1f68b}'];
    const [one, two] = [await RawClient.connect(gateway.url), await RawClient.connect(gateway.url)];
    await two.run('PROJECTION epsg:3857');
    for (const name of names) {
      for (const client of [one, two]) await client.run(`SUB ${name}`);
    }
    const shown: ChannelsAnswer['channels'] = [];
    for (let answer = await channelsOf(gateway, '?limit=2'); ; ) {
      shown.push(...answer.channels);
      if (!answer.truncated) break;
      const after = encodeURIComponent(shown.at(-1)?.channel ?? '');
      answer = await channelsOf(gateway, `?limit=2&after=${after}`);
    }
    const whole = await channelsOf(gateway);
    expect(whole.truncated).toBe(false);
    expect(shown).toEqual(whole.channels);
    expect(shown[0]).toEqual({ channel: 'a', subscribers: 2, byCrs: { 'epsg:4326': 1, 'epsg:3857': 1 } });
    expect(shown.map(({ channel }) => channel)).toEqual([...names].sort());
  });
});

describe('the busiest channels', () => {
  /** Three channels with different numbers of messages, and one whose few messages are long. */
  const MESSAGES = { 'q-rare': 1, 'q-some': 5, 'q-many': 20, 'q-long': 2 };

  async function startBusy() {
    const gateway = await startAlone({ PUBLISH_CHANNELS: '*', MAX_PUBLISHES_PER_SECOND: '1000' });
    const client = await RawClient.connect(gateway.url);
    const other = await RawClient.connect(gateway.url);
    await other.run('SUB q-many');
    for (const [name, count] of Object.entries(MESSAGES)) {
      await client.run(`SUB ${name}`);
      const text = JSON.stringify({ filling: 'x'.repeat(name === 'q-long' ? 5_000 : 1) });
      for (let i = 0; i < count; i++) await client.run(`PUB ${name} ${text}`);
    }
    return gateway;
  }

  test('are listed by messages and by bytes, with their subscribers', async () => {
    const gateway = await startBusy();
    const byMessages = await busiestOf(gateway);
    expect(byMessages).toMatchObject({ complete: true, missing: [], by: 'messages' });
    expect(byMessages.channels.map(({ channel }) => channel)).toEqual([
      'q-many',
      'q-some',
      'q-long',
      'q-rare',
    ]);
    expect(byMessages.channels.map(({ subscribers }) => subscribers)).toEqual([2, 1, 1, 1]);
    const [many, some] = byMessages.channels;
    expect(many?.messagesPerSecond).toBeGreaterThan(some?.messagesPerSecond ?? Number.NaN);
    const byBytes = await busiestOf(gateway, '?by=bytes&limit=2');
    expect(byBytes.channels.map(({ channel }) => channel)).toEqual(['q-long', 'q-many']);
    expect(byBytes.channels[0]?.bytesPerSecond).toBeGreaterThan(
      4_900 * (byBytes.channels[0]?.messagesPerSecond ?? Number.NaN),
    );
  });

  test('are in a scrape by their rank, always with the same number of series', async () => {
    const gateway = await startBusy();
    const scrape = await gateway.scrape();
    const series = (name: string) => scrape.samples.filter((sample) => sample.name === name);
    const subscribers = series('viaduct_busiest_channel_subscribers');
    expect(subscribers.map(({ labels, value }) => [labels.rank, value])).toEqual([
      ['1', 2],
      ['2', 1],
      ['3', 1],
      ['4', 1],
      ['5', 0],
    ]);
    for (const part of ['messages', 'bytes']) {
      const rates = series(`viaduct_busiest_channel_${part}_per_second`).map(({ value }) => value);
      expect(rates.length).toBe(5);
      expect(rates[0]).toBeGreaterThan(0);
      expect(rates[4]).toBe(0);
    }
    expect(scrape.text).not.toContain('q-many');
  });
});

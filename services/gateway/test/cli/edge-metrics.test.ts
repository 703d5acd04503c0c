import { appendFileSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GatewayProcess, runGateway } from '@viaduct/testkit/gateway';
import { Scrape } from '@viaduct/testkit/metrics';
import { freePort } from '@viaduct/testkit/ports';
import { eventually } from '@viaduct/testkit/wait';
import { describe, expect, onTestFinished, test } from 'vitest';
import { AnswerLog } from '../../src/cli/answer-log.js';

/** The path of a file that does not exist yet. */
function logFile(): string {
  const folder = mkdtempSync(join(tmpdir(), 'viaduct-edge-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return join(folder, 'status');
}

describe('the log of answers', () => {
  test('is read line by line, whatever the pieces in which it is written', async () => {
    const path = logFile();
    const seen: string[] = [];
    const log = new AnswerLog(path, (status) => seen.push(status));
    await log.read();
    writeFileSync(path, '200\n42');
    await log.read();
    expect(seen).toEqual(['200']);
    appendFileSync(path, '9\n101\n');
    await log.read();
    expect(seen).toEqual(['200', '429', '101']);
  });

  test('is emptied when it has been read, so that it never grows large, and loses nothing', async () => {
    const path = logFile();
    let seen = 0;
    const log = new AnswerLog(path, () => seen++, 4000);
    let written = 0;
    for (let i = 0; i < 50; i++) {
      appendFileSync(path, '200\n'.repeat(300));
      written += 300;
      await log.read();
      expect(statSync(path).size).toBeLessThan(4000);
    }
    expect(seen).toBe(written);
  });

  test('is read from its beginning if nginx has begun a new one', async () => {
    const path = logFile();
    const seen: string[] = [];
    const log = new AnswerLog(path, (status) => seen.push(status));
    writeFileSync(path, '200\n200\n200\n');
    await log.read();
    writeFileSync(path, '502\n');
    await log.read();
    expect(seen).toEqual(['200', '200', '200', '502']);
  });

  test('of an nginx that ended within a line is not continued by the first line of the next one', async () => {
    const path = logFile();
    const seen: string[] = [];
    const log = new AnswerLog(path, (status) => seen.push(status));
    writeFileSync(path, '200\n200\n20');
    await log.read();
    writeFileSync(path, '502\n');
    await log.read();
    expect(seen).toEqual(['200', '200', '502']);
  });
});

describe('viaduct edge-metrics', () => {
  test('serves the number of answers by status, from 0, and bounds the labels', async () => {
    const path = logFile();
    const port = await freePort();
    const url = `http://127.0.0.1:${port}`;
    const child = new GatewayProcess({ PORT: String(port) }, { arguments: ['edge-metrics', path] });
    const scrape = async () => new Scrape(await (await fetch(`${url}/metrics`)).text());
    await eventually(async () => expect((await fetch(`${url}/healthz`)).status).toBe(200));
    expect((await scrape()).sum('viaduct_edge_answers_total', { status: '429' })).toBe(0);
    writeFileSync(path, '200\n429\n429\n502\n-\n999\n');
    const counted = await scrape();
    const count = (status: string) => counted.sum('viaduct_edge_answers_total', { status });
    expect(['200', '429', '502', 'other'].map(count)).toEqual([1, 2, 1, 2]);
    child.signal('SIGTERM');
    expect(await child.ended).toBe(0);
  });

  test('needs a file, and says so', async () => {
    const { exit, gateway } = await runGateway({}, { arguments: ['edge-metrics'] });
    expect(exit).toBe(2);
    expect(gateway.stderr).toContain('edge-metrics needs exactly one FILE');
  });

  test('reads what the template makes nginx write', () => {
    const template = new URL('../../../../deploy/nginx/templates/viaduct.conf.template', import.meta.url);
    expect(readFileSync(template, 'utf8')).toMatch(/^log_format viaduct_status '\$status';$/mu);
  });
});

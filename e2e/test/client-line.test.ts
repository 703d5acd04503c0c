import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

/** Documents that show how a socket.io client connects. */
const DOCUMENTS = ['README.md', 'PROTOCOL.md', 'packages/protocol/README.md'];

it.each(DOCUMENTS)(
  '%s shows a client that works behind several gateways: it tries a WebSocket first',
  (file) => {
    const text = readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8');
    const calls = [...text.matchAll(/= io\('http:\/\/localhost:8080'(?<rest>[^;]*);/gu)];
    expect(calls.length).toBeGreaterThan(0);
    for (const { groups } of calls) expect(groups?.rest).toContain("transports: ['websocket', 'polling']");
  },
);

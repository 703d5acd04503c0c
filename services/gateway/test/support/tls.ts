import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Authority, certificateAuthority } from '@viaduct/testkit/certificates';
import { freePort } from '@viaduct/testkit/ports';
import { type LocalRedis, startLocalRedis } from '@viaduct/testkit/redis';
import { atEnd } from '@viaduct/testkit/teardown';

/** A directory that ends with the test. */
export async function temporaryDirectory(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'viaduct-test-'));
  atEnd(() => rm(directory, { recursive: true, force: true }));
  return directory;
}

/** A Redis that speaks TLS on one port and, for the test itself, plainly on another. */
export interface TlsRedis {
  readonly authority: Authority;
  /** `rediss://localhost:PORT` */
  readonly url: string;
  readonly port: number;
  readonly server: LocalRedis;
}

/** @param authClients whether clients need a certificate, which is Redis' own default */
export async function tlsRedis(authClients: 'yes' | 'no' = 'no'): Promise<TlsRedis> {
  const issuer = await certificateAuthority();
  const { cert, key } = await issuer.issue('server');
  const port = await freePort();
  const server = await startLocalRedis({
    args: [
      ...['--tls-port', String(port), '--tls-auth-clients', authClients],
      ...['--tls-cert-file', cert, '--tls-key-file', key, '--tls-ca-cert-file', issuer.ca],
    ],
  });
  atEnd(() => server.stop());
  return { authority: issuer, url: `rediss://localhost:${port}`, port, server };
}

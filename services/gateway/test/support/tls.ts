import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type LocalRedis, startLocalRedis } from '@viaduct/testkit/redis';
import { atEnd } from '@viaduct/testkit/teardown';

const openssl = (...args: string[]) => promisify(execFile)('openssl', args);

/** A directory that ends with the test. */
export async function temporaryDirectory(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'viaduct-test-'));
  atEnd(() => rm(directory, { recursive: true, force: true }));
  return directory;
}

/** Paths of PEM files. */
export interface KeyPair {
  readonly cert: string;
  readonly key: string;
}

/** A certificate authority in files, made with openssl. */
export interface Authority {
  /** Path of its certificate. */
  readonly ca: string;
  /** Makes a certificate with the given common name, for `localhost` and 127.0.0.1. */
  issue(name: string): Promise<KeyPair>;
}

async function authority(): Promise<Authority> {
  const directory = await temporaryDirectory();
  const path = (name: string): string => join(directory, name);
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  const [ca, caKey] = [path('ca.pem'), path('ca-key.pem')];
  await openssl('req', '-x509', ...curve, '-subj', '/CN=test', '-days', '2', '-out', ca, '-keyout', caKey);
  const names = path('names');
  await writeFile(names, 'subjectAltName=DNS:localhost,IP:127.0.0.1\n');
  return {
    ca,
    async issue(name) {
      const [cert, key, request] = [path(`${name}.pem`), path(`${name}-key.pem`), path(`${name}.csr`)];
      await openssl('req', ...curve, '-subj', `/CN=${name}`, '-out', request, '-keyout', key);
      const signed = ['-in', request, '-CA', ca, '-CAkey', caKey, '-CAcreateserial', '-extfile', names];
      await openssl('x509', '-req', ...signed, '-days', '2', '-out', cert);
      return { cert, key };
    },
  };
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
  const issuer = await authority();
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

async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((resolve) => probe.listen(0, '127.0.0.1', resolve));
  const address = probe.address();
  await new Promise<void>((resolve) => void probe.close(() => resolve()));
  if (address === null || typeof address === 'string') throw new Error('the probe listens on no port');
  return address.port;
}

import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { atEnd } from './teardown.js';

const openssl = (...args: string[]) => promisify(execFile)('openssl', args);

/** Paths of PEM files. */
export interface KeyPair {
  readonly cert: string;
  readonly key: string;
}

/** A certificate authority in files. */
export interface Authority {
  /** Path of its certificate. */
  readonly ca: string;
  /** Makes a certificate with the given common name, for `localhost` and 127.0.0.1. */
  issue(name: string): Promise<KeyPair>;
}

/** Makes an authority with openssl, whose files exist until the test ends. */
export async function certificateAuthority(): Promise<Authority> {
  const directory = await mkdtemp(join(tmpdir(), 'viaduct-certificates-'));
  atEnd(() => rm(directory, { recursive: true, force: true }));
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

import { readFileSync } from 'node:fs';
import { createSecureContext, type SecureContextOptions } from 'node:tls';

/**
 * PEM files for TLS to Redis. If empty, those authorities apply that Node.js trusts, and there is no certificate of our own.
 */
export interface TlsFiles {
  /** Certificates of the trusted authorities, instead of those that Node.js trusts. */
  readonly caFile?: string;
  /** Our own certificate, with those that lead from it to an authority. */
  readonly certFile?: string;
  /** The private key of our own certificate. */
  readonly keyFile?: string;
}

/**
 * The current contents of the files. They are read for each connection, because certificates are renewed.
 *
 * @throws Error that names the file that cannot be read
 */
export function tlsOptions({ caFile, certFile, keyFile }: TlsFiles): SecureContextOptions {
  return {
    ...(caFile !== undefined && { ca: readFileSync(caFile) }),
    ...(certFile !== undefined && { cert: readFileSync(certFile) }),
    ...(keyFile !== undefined && { key: readFileSync(keyFile) }),
  };
}

/** @throws Error if the files cannot be read, are not PEM, or do not match */
export function requireTlsFiles(files: TlsFiles): void {
  createSecureContext(tlsOptions(files));
}

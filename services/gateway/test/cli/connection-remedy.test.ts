import { expect, test } from 'vitest';
import { connectionRemedy } from '../../src/cli/connection-remedy.js';

test.each(['write ECONNRESET', 'write EPIPE', 'Redis closed the connection before it was ready.'])(
  'if an encrypted connection without a certificate ends with "%s", the certificate may be what Redis wants',
  (failure) => {
    expect(connectionRemedy(failure, true)).toContain('REDIS_TLS_CERT_FILE and REDIS_TLS_KEY_FILE');
    expect(connectionRemedy(failure, false)).not.toContain('REDIS_TLS_CERT_FILE');
    expect(connectionRemedy(failure, false)).toContain('rediss:// if Redis uses TLS');
  },
);

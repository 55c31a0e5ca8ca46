import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createSecureContext } from 'node:tls';
import type { SecureContext } from 'node:tls';

import { ProjectRunnerError } from '@project-runner/core';

import { shape, wrong } from './check-value.ts';
import type { TlsCertificate, TlsPem, WrittenTls } from './tls-option.ts';

/** Certificates that are ready for use. */
export interface Certificates {
  /** For clients that name no server, or one that no certificate is for. */
  readonly byDefault: TlsPem;
  forName(serverName: string): SecureContext;
}

/** @throws ProjectRunnerError `CONFIG_INVALID` naming the certificate that is wrong */
export async function loadCertificates(written: WrittenTls): Promise<Certificates> {
  const list = (Array.isArray(written) ? written : [written]) as readonly TlsCertificate[];
  const loaded = await Promise.all(
    list.map(async (certificate, index) => {
      const key = list.length === 1 ? 'tls' : `tls[${index}]`;
      shape(key, certificate, ['cert', 'key', 'passphrase', 'certFile', 'keyFile']);
      try {
        const pem = await readPem(key, certificate);
        return { pem, context: createSecureContext(pem), x509: new X509Certificate(pem.cert) };
      } catch (error) {
        if (ProjectRunnerError.is(error)) throw error;
        const reason = error instanceof Error ? error.message : String(error);
        throw new ProjectRunnerError('CONFIG_INVALID', `router-http: ${key} cannot be used: ${reason}`, {
          cause: error,
          hint: 'Give a certificate in PEM form, and the key that belongs to it',
        });
      }
    }),
  );
  const [first] = loaded;
  if (!first) throw wrong('tls', written, 'a certificate, or a list of some');
  return {
    byDefault: first.pem,
    forName: (name) => (loaded.find(({ x509 }) => x509.checkHost(name) !== undefined) ?? first).context,
  };
}

async function readPem(key: string, certificate: TlsCertificate): Promise<TlsPem> {
  const { passphrase } = certificate;
  const secret = passphrase === undefined ? {} : { passphrase };
  if ('certFile' in certificate) {
    const [cert, pemKey] = await Promise.all([readFile(certificate.certFile), readFile(certificate.keyFile)]);
    return { cert, key: pemKey, ...secret };
  }
  if (!certificate.cert || !certificate.key) {
    throw new ProjectRunnerError(
      'CONFIG_INVALID',
      `router-http: ${key} needs cert and key, or certFile and keyFile`,
    );
  }
  return { cert: certificate.cert, key: certificate.key, ...secret };
}

import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface SelfSigned {
  certFile: string;
  keyFile: string;
  cert: string;
  key: string;
}

/** A certificate for these names, made by `openssl` in the folder. */
export function selfSigned(dir: string, name: string, serverNames: readonly string[]): SelfSigned {
  const certFile = join(dir, `${name}.crt`);
  const names = serverNames.map((serverName) => `DNS:${serverName}`).join();
  const keyFile = join(dir, `${name}.key`);
  execFileSync(
    'openssl',
    `req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=${name}`
      .split(' ')
      .concat('-addext', `subjectAltName=${names}`, '-keyout', keyFile, '-out', certFile),
    { stdio: 'ignore' },
  );
  return { certFile, keyFile, cert: readFileSync(certFile, 'utf8'), key: readFileSync(keyFile, 'utf8') };
}

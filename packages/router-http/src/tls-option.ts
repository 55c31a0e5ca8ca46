/** One or more certificates; names are taken from them, and the first is for clients that name none of those. */
export type WrittenTls = TlsCertificate | readonly TlsCertificate[];

export type TlsCertificate = TlsPem | TlsFiles;

/** PEM texts. */
export interface TlsPem {
  /** The certificate, and after it those between it and the root. */
  cert: string | Buffer;
  key: string | Buffer;
  passphrase?: string;
}

/** PEM files, read at the start and at `reloadTls`. */
export interface TlsFiles {
  certFile: string;
  keyFile: string;
  passphrase?: string;
}

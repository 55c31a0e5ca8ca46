/** A host's file storage; server logs are written there as JSON lines when it is set. */
export interface ObservabilityStorage {
  write(path: string, content: string | Uint8Array): Promise<void>;
}

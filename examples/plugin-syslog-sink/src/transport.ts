/** The way to the receiver, of one server's log. */
export interface Transport {
  /** Settles when the messages have left this process; rejects when they cannot. */
  send(messages: readonly Buffer[]): Promise<void>;
  /** Rejects when it is not known that the receiver has everything. */
  close(): Promise<void>;
}

/** The requests of a server that is stopped for being idle. */
export interface EvictedRequests {
  /** From now on none reaches it; `false`: one is in flight, so it stays. */
  takeAway(): Promise<boolean>;
  /** They reach it again; `false`: they cannot. Never rejects. */
  giveBack(): Promise<boolean>;
  isHeld(): boolean;
}

export interface EvictedServer {
  lastUsedAt(): Date | null;
  /** It runs, and nobody stops it. */
  mayStay(): boolean;
  end(): Promise<void>;
}

/** Ends a server unless somebody wants it before its end begins; whether it was ended. */
export async function evict(
  { takeAway, giveBack, isHeld }: EvictedRequests,
  server: EvictedServer,
): Promise<boolean> {
  const usedBefore = server.lastUsedAt();
  for (;;) {
    if (!(await takeAway())) return false;
    const isWanted = server.lastUsedAt() !== usedBefore || isHeld();
    // No turn in between: who wants it later finds it stopping.
    if (!isWanted || !server.mayStay() || !(await giveBack())) {
      await server.end();
      return true;
    }
    // It may have ended meanwhile, and must not have them then.
    if (server.mayStay()) return false;
  }
}

/** The requests of a server that is stopped for being idle. */
export interface EvictedRequests {
  /** From now on none reaches it; `false`: one is in flight, so it stays. */
  takeAway(): Promise<boolean>;
  /** They reach it again; `false`: they cannot. Never rejects. */
  giveBack(): Promise<boolean>;
  /** What was given back is taken away again, also from requests in flight. Never rejects. */
  cutOff(): Promise<void>;
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
  { takeAway, giveBack, cutOff, isHeld }: EvictedRequests,
  server: EvictedServer,
): Promise<boolean> {
  const usedBefore = server.lastUsedAt();
  if (!(await takeAway())) return false;
  const isWanted = server.lastUsedAt() !== usedBefore || isHeld();
  // No turn in between: who wants it later finds it stopping.
  if (isWanted && server.mayStay() && (await giveBack())) {
    if (server.mayStay()) return false;
    // It ended meanwhile: whoever waits for it must not keep a route to a port that somebody else may get.
    await cutOff();
  }
  await server.end();
  return true;
}

/** Lets contestants run in turn, A B A B …, so that a busy moment hits all; the first round warms up and is not kept. */
export async function inTurn<Contestant, Figures>(
  contestants: readonly Contestant[],
  runs: number,
  measure: (contestant: Contestant) => Promise<Figures>,
  warmUps = 1,
): Promise<Map<Contestant, Figures[]>> {
  const taken = new Map<Contestant, Figures[]>(contestants.map((contestant) => [contestant, []]));
  for (let run = 1 - warmUps; run <= runs; run += 1) {
    for (const contestant of contestants) {
      const figures = await measure(contestant);
      if (run > 0) taken.get(contestant)?.push(figures);
    }
  }
  return taken;
}

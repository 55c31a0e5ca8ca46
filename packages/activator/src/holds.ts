/** Who wants projects not to be stopped, counted. */
export class Holds {
  readonly #counts = new Map<string, number>();

  has(projectId: string): boolean {
    return this.#counts.has(projectId);
  }

  /** The answer ends it, once; then `ended` is called. */
  add(projectId: string, ended: () => void): () => void {
    this.#counts.set(projectId, (this.#counts.get(projectId) ?? 0) + 1);
    let isHeld = true;
    return () => {
      if (!isHeld) return;
      isHeld = false;
      const others = (this.#counts.get(projectId) ?? 1) - 1;
      if (others > 0) this.#counts.set(projectId, others);
      else this.#counts.delete(projectId);
      ended();
    };
  }
}

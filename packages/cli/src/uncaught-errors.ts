export interface UncaughtErrors {
  /** Whether there was one. */
  any(): boolean;
  dispose(): void;
}

export interface UncaughtErrorListeners {
  onFirst(error: unknown): void;
  /** The first may have many like it: one for each line of a log, say. */
  onFurther(error: unknown): void;
}

/**
 * Takes what nobody caught, a promise that nobody awaited included, in place of Node, which would end the process and leave
 * the servers. What a listener throws is dropped: it would be one more.
 */
export function listenForUncaught({ onFirst, onFurther }: UncaughtErrorListeners): UncaughtErrors {
  let seen = false;
  // Rejections arrive here, too, unless NODE_OPTIONS or a listener of the configuration's own takes them.
  const onUncaught = (error: unknown): void => {
    const tell = seen ? onFurther : onFirst;
    seen = true;
    try {
      tell(error);
    } catch {
      // Node would end the process.
    }
  };
  process.on('uncaughtException', onUncaught);
  return {
    any: () => seen,
    dispose: () => void process.off('uncaughtException', onUncaught),
  };
}

/** What users can do about one. */
export const uncaughtHint: string =
  'A plugin or the configuration threw it where nobody catches it: in a timer, or in a promise that is not awaited. See where with --verbose';

/** Nothing else may keep this process alive while it waits for what another one does. */
export async function keepAwake<T>(promise: Promise<T>): Promise<T> {
  const timer = setInterval(() => undefined, 2 ** 30);
  try {
    return await promise;
  } finally {
    clearInterval(timer);
  }
}

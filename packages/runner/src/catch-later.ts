/** Gives the rejection of what a callback answered to `onError`; without that it would end the host. */
export function catchLater(answer: unknown, onError: (error: unknown) => void): void {
  if (typeof answer === 'object' && answer !== null && 'then' in answer) {
    Promise.resolve(answer).catch(onError);
  }
}

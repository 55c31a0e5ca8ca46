/** A request that cannot be met; its message is for whoever made it. */
export class CreateError extends Error {
  override readonly name = 'CreateError';
}

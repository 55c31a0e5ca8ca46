/** When a server that ended is started again. */
export interface RestartPolicy {
  /** `on-failure`: not after exit code 0 or 143 or death by SIGTERM, which are a server's own wish. @default 'on-failure' */
  policy: 'always' | 'on-failure' | 'never';
  /** The first pause, in ms; it doubles with each start that does not last. @default 1000 */
  initialDelayMs: number;
  /** The longest pause, in ms. @default 60000 */
  maxDelayMs: number;
  /** Up to this part is added to a pause, so that many servers do not come back in step. @default 0.2 */
  jitter: number;
  /** A server that was ready for so long, in ms, begins with the first pause again. @default 60000 */
  stableMs: number;
  /** More restarts than this within the window, and it is given up. @default 10 */
  maxRestarts: number;
  /** In ms. @default 300000 */
  windowMs: number;
}

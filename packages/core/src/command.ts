/** A program and its arguments. Never a shell string: nothing here is ever parsed by a shell. */
export interface Command {
  /** A program's name, looked up on `PATH`, or an absolute path. `node` means the Node that runs the runner. */
  file: string;
  args: readonly string[];
  /** Variables this command needs on top of the environment it is given; they win. */
  env?: Readonly<Record<string, string>>;
}

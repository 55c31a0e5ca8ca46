/** A server that is started as it is, without a build. */
export interface ServerCommand {
  /** Absolute path of a program, `node` for the runner's own Node, or a name to be found on `PATH`. */
  file: string;
  /** @default [] */
  args?: readonly string[];
  /** Absolute path. With `envFiles` the `.env` files in it are read. */
  cwd: string;
  /** @default {} */
  env?: Readonly<Record<string, string>>;
  /** Like `env`, with values that are masked in the server's log where they have 4 bytes or more. @default {} */
  secrets?: Readonly<Record<string, string>>;
  /** Path of the health probe. @default that of the framework, or of the configuration */
  healthPath?: string;
  /** From SIGTERM to its end, in seconds, at most 28. @default that of the framework */
  drainSeconds?: number;
  /** Name of the plugin that tells the server its address and reads its messages. @default 'node' */
  framework?: string;
}

/** Whose server a command is. */
export interface CommandDeployment {
  id: string;
  projectId: string;
  /** Where its route is; `null`: it gets none. */
  subdomain: string | null;
}

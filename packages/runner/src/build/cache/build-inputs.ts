import { createHash } from 'node:crypto';

/** All that a build depends on; when it is the same, so is what it makes. Kept with each cached build. */
export interface BuildInputs {
  /** Raised whenever a runner would make something else of the same inputs. */
  format: 1;
  /** Digest of everything in the source. */
  source: string;
  /** Of a copy that has its history: builds read it. */
  commit: string | null;
  /** Where in the source the project is: `apps/web`, or nothing. */
  projectPath: string;
  /** Members of its workspace that it does not need, with the hashes of their manifests where those are needed. */
  leftOut: readonly string[];
  lockfile: string | null;
  packageManager: string;
  /** `null` where it is not needed. */
  packageManagerVersion: string | null;
  node: string;
  platform: string;
  framework: string;
  /** Hash of the program texts of the plugins that plan the build: they have no version. */
  plugins: string;
  /** Version of this package. */
  runner: string;
  /** What the project has set of these plugins and this host lets it: JSON by `framework:node.entry`. */
  projectOptions: Readonly<Record<string, string>>;
  /** What builds: a script, a command, or neither. */
  buildCommand: string | null;
  allowInstallScripts: boolean;
  skipInstall: boolean;
  /** What happens with secret values in the output, and whose values those are. */
  secretsInOutput: string;
  secretNames: readonly string[];
  /** Hashes of values by name. */
  variables: Readonly<Record<string, string>>;
}

export function fingerprintOf(inputs: BuildInputs): string {
  return createHash('sha256')
    .update(JSON.stringify(sorted(inputs)))
    .digest('hex');
}

/** Whether it may be what was written down of an earlier build: as far as somebody reads it. */
export function isInputs(value: unknown): value is BuildInputs {
  const { leftOut, secretNames, variables } = (value ?? {}) as Partial<BuildInputs>;
  return (
    Array.isArray(leftOut) &&
    Array.isArray(secretNames) &&
    typeof variables === 'object' &&
    variables !== null
  );
}

/** The same inputs give the same text, in whatever order their names were written. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return entries.map(([name, item]) => [name, sorted(item)]);
}

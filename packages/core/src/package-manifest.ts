/** The fields of `package.json` that hooks look at, each already checked to be of its type. */
export interface PackageManifest {
  readonly name?: string;
  readonly version?: string;
  readonly type?: string;
  readonly main?: string;
  readonly bin?: string | Readonly<Record<string, string>>;
  readonly scripts: Readonly<Record<string, string>>;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
  readonly workspaces?: readonly string[];
  /** From `packageManager`, else from `devEngines.packageManager`. */
  readonly declaredPackageManager?: DeclaredPackageManager;
}

export interface DeclaredPackageManager {
  readonly name: string;
  /** As written, without a hash: `12.21.0`, `^10`, or `undefined`. */
  readonly version?: string;
  readonly field: 'packageManager' | 'devEngines.packageManager';
}

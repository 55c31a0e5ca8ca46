import { hasProc } from './has-proc.ts';
import { psColumns, psEnvironment, psFile } from './ps.ts';
import { joinedFile } from './run-folder.ts';

/**
 * The parent of a durable process: `sh -c <script> project-runner <folder> <program> <argument>…`. It puts the process's
 * identity and later its exit code into the folder, so that they outlive the runner.
 *
 * A trapped signal goes back to its default in a child, an ignored one would stay ignored; so a signal to the whole
 * group ends the program and not the shim. The program runs in the foreground: in the background `sh` takes its stdin
 * and its SIGINT away. The files are made with room in them, so that a full disk cannot keep an exit code back: `1<>` writes
 * in place.
 *
 * The program, and not the shim, goes into the control groups: what is killed by group must leave the shim to tell of it.
 */
export function shimScript(
  env: Readonly<Record<string, string>>,
  groups: readonly string[] = [],
  claim?: string,
): string {
  // `sh` adds these by itself; the program must get what it was given.
  const added = ['PWD', 'OLDPWD', 'SHLVL'].filter((name) => !Object.hasOwn(env, name));
  return [
    'trap : TERM INT HUP',
    // No variable of a program is called like this: one that the shell had by that name would be lost.
    '_pr_dir=$1; shift',
    // Some shells say "Terminated" of a child that was: that is not the program's stderr.
    'exec 9>&2 2>/dev/null',
    `(${join(groups)}${identify}; ${claim === undefined ? '' : make(claim)}unset _pr_dir _pr_joined _pr_line ${added.join(' ')}; exec "$@") 2>&9 9>&-`,
    'code=$?',
    // After the code, so that whoever finds the code needs to find no more.
    `{ printf '%s\\n' "$code"; times; } 1<>"$_pr_dir/exit"`,
    'exit "$code"',
  ].join('\n');
}

/** `0` is who writes. Which groups could be joined is told before the identity; the program runs without the others. */
function join(groups: readonly string[]): string {
  if (groups.length === 0) return '';
  const joins = groups.map(
    (group, index) =>
      `printf '0\\n' >${quoted(`${group}/cgroup.procs`)} && _pr_joined="$_pr_joined ${index}"; `,
  );
  return `{ _pr_joined=; ${joins.join('')}printf '%s\\n' "$_pr_joined" >"$_pr_dir/${joinedFile}"; } 2>/dev/null; `;
}

/** `set -C`: only where it is not there; else this is the end of the subshell. */
function make(claim: string): string {
  return `set -C; : >${quoted(claim)} || exit 125; set +C; `;
}

function quoted(path: string): string {
  return `'${path.replaceAll("'", `'\\''`)}'`;
}

/**
 * A subshell has no name for its own pid, but `/proc/self` is it, and so is the parent of a shell that it starts. Either
 * line tells parent and start time, too. `ps` must get nothing of the program's environment: `COLUMNS` would cut its line.
 */
const ps = ['/usr/bin/env -i', ...Object.entries(psEnvironment).map((entry) => entry.join('=')), psFile];
const tell = `printf '%s\\n' "$_pr_line" 1<>"$_pr_dir/pid"`;
const identify = hasProc
  ? `read -r _pr_line </proc/self/stat; ${tell}`
  : `_pr_line=$(exec /bin/sh -c 'exec ${ps.join(' ')} ${psColumns.join(' ')} -p "$PPID"'); ${tell}`;

/** dash passes only variables on whose names it could use itself; bash passes all of them on. */
export function needsBash(env: Readonly<Record<string, string>>): boolean {
  return Object.keys(env).some((name) => !/^[A-Za-z_]\w*$/.test(name));
}

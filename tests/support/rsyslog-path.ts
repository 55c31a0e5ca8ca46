import { execFile } from 'node:child_process';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** rsyslogd and the libraries that not every Debian has. */
const packages = ['rsyslog', 'libestr0', 'libfastjson4', 'liblognorm5'];

export interface Found {
  /** A folder for `PATH`, `null` where there is no rsyslogd to be had. */
  folder: string | null;
  /** Why not. */
  reason?: string;
}

/** The machine's rsyslogd, else Debian's, unpacked into a folder: an installation would need root and start a service. */
export async function rsyslogPath(into: string): Promise<Found> {
  for (const folder of [...(process.env.PATH ?? '').split(':'), '/usr/sbin']) {
    if (await works(join(folder, 'rsyslogd'))) return { folder };
  }
  try {
    return { folder: await unpack(into) };
  } catch (error) {
    return { folder: null, reason: `apt-get does not bring rsyslog: ${(error as Error).message}` };
  }
}

async function unpack(into: string): Promise<string> {
  const root = join(into, 'root');
  await mkdir(root, { recursive: true });
  // Where the machine's lists are old or not there: lists of its own, which anybody may fetch.
  const state = join(into, 'state');
  const cache = join(into, 'cache');
  await mkdir(join(state, 'lists/partial'), { recursive: true });
  await mkdir(join(cache, 'archives/partial'), { recursive: true });
  const options = [
    `Dir::State=${state}`,
    'Dir::State::status=/var/lib/dpkg/status',
    `Dir::Cache=${cache}`,
    'APT::Sandbox::User=root',
  ].flatMap((option) => ['-o', option]);
  const download = (own: readonly string[]): Promise<unknown> =>
    run('apt-get', [...own, 'download', ...packages], { cwd: into });
  await download([]).catch(async () => {
    await run('apt-get', [...options, 'update'], { cwd: into });
    await download(options);
  });
  for (const file of await readdir(into)) {
    if (file.endsWith('.deb')) await run('dpkg', ['-x', join(into, file), root]);
  }
  const [library] = (await run('find', [root, '-name', 'imtcp.so'])).stdout.split('\n');
  const modules = dirname(library ?? '');
  const bin = join(into, 'bin');
  await mkdir(bin);
  const script = `#!/bin/sh\nLD_LIBRARY_PATH='${dirname(modules)}' exec '${root}/usr/sbin/rsyslogd' -M '${modules}' "$@"\n`;
  await writeFile(join(bin, 'rsyslogd'), script, { mode: 0o755 });
  await run(join(bin, 'rsyslogd'), ['-v']);
  return bin;
}

async function works(program: string): Promise<boolean> {
  return run(program, ['-v']).then(
    () => true,
    () => false,
  );
}

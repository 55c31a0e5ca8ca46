import { randomUUID } from 'node:crypto';
import { constants, existsSync } from 'node:fs';
import { copyFile, open, rm, statfs } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { join } from 'node:path';

import { tryHolePunching } from '@project-runner/launcher-local';

import { findingsOf } from './finding.ts';
import type { Finding } from './finding.ts';

const [onVolume, onHoles] = [findingsOf('volume'), findingsOf('hole-punching')];

/** By the numbers of statfs(2) of Linux. */
const fileSystems: Readonly<Record<number, string>> = {
  0xef53: 'ext4',
  0x58465342: 'xfs',
  0x9123683e: 'btrfs',
  0xca451a4e: 'bcachefs',
  0xf2f52010: 'f2fs',
  0x2fc12fc1: 'zfs',
  0x01021994: 'tmpfs',
  0x794c7630: 'overlayfs',
  0x65735546: 'fuse',
  0x6969: 'nfs',
  0xff534d42: 'cifs',
  0xfe534d42: 'smb2',
  0x01021997: '9p',
  0x4d44: 'fat',
  0x2011bab0: 'exfat',
};
const networked = new Set(['nfs', 'cifs', 'smb2', '9p']);

const mb = 1024 * 1024;
/** The launcher gives up unread output below this. */
const leastFreeBytes = 64 * mb;
const littleFreeBytes = 1024 * mb;

/**
 * The file system of a folder that is there, tried with small files that go with this process. Nothing is said of holes
 * where nothing can be written.
 */
export async function checkVolume(dir: string): Promise<Finding[]> {
  const details = { dir, fileSystem: null, type: null, freeBytes: null, reflink: null };
  try {
    const space = await spaceOf(dir);
    Object.assign(details, space);
    return [volumeFinding(dir, space, await canReflink(dir)), await holeFinding(dir)];
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return [
      onVolume.problem(
        `Nothing can be written to ${dir}: ${reason}`,
        'Make room, or name another stateDir',
        details,
      ),
    ];
  }
}

interface Space {
  /** `null`: not known by name. */
  fileSystem: string | null;
  type: number;
  freeBytes: number;
}

async function spaceOf(dir: string): Promise<Space> {
  const { type, bavail, bsize } = await statfs(dir);
  const fileSystem = process.platform === 'linux' ? (fileSystems[type] ?? null) : null;
  return { fileSystem, type, freeBytes: bavail * bsize };
}

function volumeFinding(dir: string, space: Space, reflink: boolean): Finding {
  const { fileSystem, type, freeBytes } = space;
  const details = { dir, ...space, reflink };
  const name = fileSystem ?? `file system ${type.toString(16)}`;
  const copies = reflink ? 'copies share their blocks' : 'copies are whole';
  const message = `${name}, ${Math.round(freeBytes / mb)} MB free, ${copies}`;
  if (freeBytes < leastFreeBytes) {
    return onVolume.problem(message, `Make room on the volume of ${dir}: servers cannot be started`, details);
  }
  if (freeBytes < littleFreeBytes)
    return onVolume.warning(message, `Make room on the volume of ${dir}`, details);
  if (networked.has(name)) {
    return onVolume.warning(
      message,
      'Name a stateDir on a local disk: leases and watches are not reliable here',
      details,
    );
  }
  if (name === 'tmpfs') {
    return onVolume.warning(
      message,
      'Name a stateDir on a disk: what is kept here goes with the machine',
      details,
    );
  }
  return onVolume.ok(message, details);
}

/** The files lose their names before they are used where that is possible: nothing is left, however this process ends. */
async function canReflink(dir: string): Promise<boolean> {
  const names = [0, 1].map((index) => join(dir, `.project-runner-${randomUUID()}.${index}`));
  const files: FileHandle[] = [];
  try {
    for (const name of names) files.push(await open(name, 'wx', 0o600));
    const [from = '', to = ''] = await placesOf(files, names);
    await files[0]?.writeFile('x');
    await copyFile(from, to, constants.COPYFILE_FICLONE_FORCE);
    return true;
  } catch (error) {
    if (['ENOSPC', 'EROFS', 'EACCES'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
    return false;
  } finally {
    for (const file of files) await file.close();
    for (const name of names) await rm(name, { force: true });
  }
}

async function placesOf(files: readonly FileHandle[], names: readonly string[]): Promise<readonly string[]> {
  const places = files.map(({ fd }) => `/proc/self/fd/${fd}`);
  const isLinux = process.platform === 'linux' && places.every((place) => existsSync(place));
  // A clone of macOS wants to make the file itself.
  for (const name of isLinux ? names : names.slice(1)) await rm(name);
  return isLinux ? places : names;
}

async function holeFinding(dir: string): Promise<Finding> {
  const outcome = await tryHolePunching(dir);
  const details = { dir, outcome };
  if (outcome === 'works') return onHoles.ok('Output that was read gives its space back', details);
  if (process.platform !== 'linux')
    return onHoles.ok('There is none on this platform: spools are emptied instead', details);
  return outcome === 'refused'
    ? onHoles.warning(
        'The file system cannot punch holes: a line that comes while a spool is emptied may be lost',
        'Name a stateDir on ext4, xfs, btrfs or tmpfs',
        details,
      )
    : onHoles.warning(
        'There is no fallocate: a line that comes while a spool is emptied may be lost',
        'Install util-linux',
        details,
      );
}

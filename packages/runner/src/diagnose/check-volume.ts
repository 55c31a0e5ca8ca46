import { randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import { copyFile, rm, statfs, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { tryHolePunching } from '@project-runner/launcher-local';

import { findingsOf } from './finding.ts';
import type { Finding } from './finding.ts';

const [onVolume, onHoles] = [findingsOf('volume'), findingsOf('hole-punching')];

/** By the numbers of statfs(2) of Linux. */
const names: Readonly<Record<number, string>> = {
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

/** The file system of a folder that is there and can be written to; tried with small files that are removed again. */
export async function checkVolume(dir: string): Promise<Finding[]> {
  try {
    return [await volumeFinding(dir), await holeFinding(dir)];
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return [
      onVolume.problem(`Nothing can be written to ${dir}: ${reason}`, 'Make room, or name another stateDir'),
    ];
  }
}

async function volumeFinding(dir: string): Promise<Finding> {
  const { type, bavail, bsize } = await statfs(dir);
  const fileSystem = process.platform === 'linux' ? (names[type] ?? null) : null;
  const freeBytes = bavail * bsize;
  const reflink = await canReflink(dir);
  const details = { dir, fileSystem, type, freeBytes, reflink };
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

async function canReflink(dir: string): Promise<boolean> {
  const [from, to] = [0, 1].map((index) => join(dir, `.project-runner-${randomUUID()}.${index}`)) as [
    string,
    string,
  ];
  try {
    await writeFile(from, 'x', { mode: 0o600 });
    await copyFile(from, to, constants.COPYFILE_FICLONE_FORCE);
    return true;
  } catch (error) {
    if (['ENOSPC', 'EROFS', 'EACCES'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
    return false;
  } finally {
    for (const file of [from, to]) await rm(file, { force: true });
  }
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

import { existsSync } from 'node:fs';

/** Whether the platform has Linux's `/proc`; without it the library routes are taken. */
export const hasProc: boolean = existsSync('/proc/self/stat') && existsSync('/proc/self/environ');

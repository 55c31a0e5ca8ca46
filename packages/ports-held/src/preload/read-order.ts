import { fstatSync } from 'node:fs';

import type { HeldOrder } from '../held-order.ts';

/** `null` for none, or for one of another process: the descriptor is not that socket. */
export function readOrder(text: string | undefined): HeldOrder | null {
  if (!text) return null;
  try {
    const order = JSON.parse(text) as HeldOrder;
    const found = fstatSync(order.fd);
    return found.isSocket() && found.ino === order.inode ? order : null;
  } catch {
    return null;
  }
}

export { holderIsAlive, thisProcess } from './holder.ts';
export type { Holder } from './holder.ts';
export { readLease, takeLease } from './take-lease.ts';
export type { Lease, ReleaseLease } from './take-lease.ts';

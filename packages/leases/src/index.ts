export { holderIsAlive, thisProcess } from './holder.ts';
export type { Holder } from './holder.ts';
export type { Lease } from './lease-record.ts';
export { removeDeadLeases } from './remove-dead-leases.ts';
export { leaseKeys, readLease, takeLease } from './take-lease.ts';
export type { ReleaseLease } from './take-lease.ts';

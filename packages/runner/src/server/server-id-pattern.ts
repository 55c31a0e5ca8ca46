/** Ids are parts of paths, and a host may hand over any. */
export const serverIdPattern: RegExp = /^[A-Za-z0-9][A-Za-z0-9._-]{0,200}$/;

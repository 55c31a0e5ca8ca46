// Loaded by a server before its own code, `node --require preload.js server.js`: where the server asks for its port, it
// gets the socket that its runner holds. Without an order that fits this process it does nothing.
import { getSystemErrorName } from 'node:util';

import { heldVariable } from './held-order.ts';
import { readOrder } from './preload/read-order.ts';
import { startListening } from './preload/held-handle.ts';
import { takeOverListen } from './preload/take-over-listen.ts';

const order = readOrder(process.env[heldVariable]);
// What the server starts has none of its descriptors.
delete process.env[heldVariable];
if (order) {
  const error = startListening(order);
  // As a server that finds its port taken says it, so that its runner tries another one.
  if (error !== 0) throw new Error(`listen ${getSystemErrorName(error)}: port ${order.port} is in use`);
  takeOverListen(order);
}

// Loaded by a server before its own code, `node --require preload.js server.js`: where the server asks for its port, it
// gets the socket that its runner holds. Without an order that fits this process it does nothing.
import { heldVariable } from './held-order.ts';
import { readOrder } from './preload/read-order.ts';
import { takeOverListen } from './preload/take-over-listen.ts';

const order = readOrder(process.env[heldVariable]);
// What the server starts has none of its descriptors.
delete process.env[heldVariable];
if (order) takeOverListen(order);

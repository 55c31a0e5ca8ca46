import type { OutgoingMessage } from 'node:http';

/** Sends a head by itself where its body is yet to come, of an event stream maybe; together with a body that is here, it is one packet. */
export function flushHeadSoon(message: OutgoingMessage, bodyBegan: () => boolean): void {
  setImmediate(() => {
    if (!bodyBegan() && !message.writableEnded && !message.destroyed) message.flushHeaders();
  });
}

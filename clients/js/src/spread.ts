/** Spreads reconnects, so that the pages of a server that stops do not all come back in the same second. */

import type { Manager } from './internals.js';

export function spreadReconnects(manager: Manager, seconds: number): void {
  const retryIn = manager.retryIn;
  let notBefore = 0;
  manager.retryIn = (delay) => {
    // pusher-js may set two timers for one closed connection.
    manager.clearRetryTimer();
    if (manager.state === 'connected') {
      notBefore = Date.now() + Math.random() * seconds * 1000;
      manager.updateState('connecting');
    }
    retryIn.call(manager, Math.max(delay, notBefore - Date.now()));
  };
}

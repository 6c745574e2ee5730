import { type DaemonNotification, daemonNotifications, type NotificationParams } from '../protocol/daemon.js';
import type { Outlet } from './caller.js';

/**
 * Notifications to one client. One that does not read ends it: it is told that it has missed something, once, and nothing
 * waits for it.
 */
export class Subscription {
  readonly #outlet: Outlet;
  readonly #release: () => void;
  #ended = false;

  constructor(outlet: Outlet) {
    this.#outlet = outlet;
    this.#release = outlet.hold();
  }

  get ended(): boolean {
    return this.#ended || this.#outlet.closed;
  }

  tell<N extends DaemonNotification>(method: N, params: NotificationParams<N>): void {
    if (!this.ended && !this.#outlet.send(notificationLine(method, params))) this.fallBehind();
  }

  /** The client is behind by more than is kept for it. */
  fallBehind(): void {
    if (this.ended) return;
    this.end();
    this.#outlet.send(notificationLine('event.end', { reason: 'slow' }));
  }

  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#release();
  }
}

/** What leaves is checked, as answers are. */
function notificationLine<N extends DaemonNotification>(method: N, params: NotificationParams<N>): Buffer {
  const checked = daemonNotifications[method].params.parse(params);
  return Buffer.from(`${JSON.stringify({ jsonrpc: '2.0', method, params: checked })}\n`);
}

import type { FsEvent } from '../protocol/events.js';
import type { EventKind } from '../protocol/methods/event.js';
import type { Caller } from '../socket/caller.js';
import { Subscription } from '../socket/subscription.js';
import type { DaemonEvent } from './daemon-event.js';

/** Events of one client whose rights are being asked for. */
const mostPending = 64;

interface Subscriber {
  readonly caller: Caller;
  readonly kinds: ReadonlySet<EventKind>;
  readonly subscription: Subscription;
  pending: number;
}

/** Who has subscribed to events, and what each of them may be told. */
export class Subscribers {
  readonly #mayRead: (caller: Caller, id: string) => Promise<boolean>;
  readonly #byOutlet = new Map<Caller['outlet'], Subscriber>();

  /** @param mayRead whether a caller may read an object */
  constructor(mayRead: (caller: Caller, id: string) => Promise<boolean>) {
    this.#mayRead = mayRead;
  }

  /** In place of what the connection subscribed to before. */
  subscribe(caller: Caller, kinds: readonly EventKind[]): void {
    this.#prune();
    this.#byOutlet.get(caller.outlet)?.subscription.end();
    this.#byOutlet.delete(caller.outlet);
    if (kinds.length === 0) return;
    const subscription = new Subscription(caller.outlet);
    this.#byOutlet.set(caller.outlet, { caller, kinds: new Set(kinds), subscription, pending: 0 });
  }

  tell(event: DaemonEvent): void {
    this.#prune();
    for (const subscriber of this.#byOutlet.values()) {
      if (!subscriber.kinds.has(event.kind)) continue;
      this.#tellOne(subscriber, event);
    }
  }

  #tellOne(subscriber: Subscriber, event: DaemonEvent): void {
    const { caller, subscription } = subscriber;
    switch (event.kind) {
      case 'lock':
      case 'bot':
      case 'emotion':
        subscription.tell('event', event);
        return;
      case 'quarantine':
        void this.#tellOfCube(subscriber, event);
        return;
      case 'task':
        if (event.owner !== caller.peer.uid && !caller.admin) return;
        subscription.tell('event', { kind: 'task', ...event.news });
        return;
      case 'policy':
        if (caller.admin) subscription.tell('event', event);
        else if (event.stop !== undefined) subscription.tell('event', { kind: 'policy', stop: event.stop });
    }
  }

  /** Administrators are told of every cube, others of those of an object that they may read. */
  async #tellOfCube(
    subscriber: Subscriber,
    { cube, reason, objects }: Extract<FsEvent, { kind: 'quarantine' }>,
  ): Promise<void> {
    const { caller, subscription } = subscriber;
    const tell = (id: string | null) =>
      subscription.tell('event', { kind: 'quarantine', cube_id: cube, reason, id });
    if (caller.admin || subscriber.pending >= mostPending) {
      if (caller.admin) tell(objects[0] ?? null);
      else subscription.fallBehind();
      return;
    }
    subscriber.pending += 1;
    try {
      for (const id of objects) {
        if (!(await this.#mayRead(caller, id))) continue;
        tell(id);
        return;
      }
    } finally {
      subscriber.pending -= 1;
    }
  }

  #prune(): void {
    for (const [outlet, { subscription }] of this.#byOutlet) {
      if (subscription.ended) this.#byOutlet.delete(outlet);
    }
  }
}

import type { Caller } from '../socket/caller.js';
import { Subscription } from '../socket/subscription.js';
import type { TaskId } from '../tasks/task-id.js';
import { newsOf } from '../tasks/task-news.js';
import type { TaskWatch } from '../tasks/task-watch.js';

interface Watcher {
  readonly subscription: Subscription;
  readonly end: () => void;
}

/** Which connections watch which tasks; one watch for each. */
export class TaskWatchers {
  readonly #byOutlet = new Map<Caller['outlet'], Watcher>();

  /** In place of what the connection watched before. @param task only this one, which the caller may see */
  watch(tasks: TaskWatch, caller: Caller, of: 'own' | 'all' | 'none', task?: TaskId): void {
    this.#prune();
    this.#end(caller.outlet);
    if (of === 'none') return;
    const subscription = new Subscription(caller.outlet);
    const { uid } = caller.peer;
    const end = tasks.subscribe(task === undefined ? {} : { task }, (change) => {
      if (subscription.ended) this.#end(caller.outlet);
      // Whether somebody is an administrator is asked each time: the right ends with the membership.
      else if (change.task.owner === uid || ((of === 'all' || task !== undefined) && caller.admin))
        subscription.tell('task', newsOf(change));
    });
    this.#byOutlet.set(caller.outlet, { subscription, end });
  }

  #end(outlet: Caller['outlet']): void {
    const watcher = this.#byOutlet.get(outlet);
    watcher?.end();
    watcher?.subscription.end();
    this.#byOutlet.delete(outlet);
  }

  #prune(): void {
    for (const [outlet, { subscription }] of this.#byOutlet) if (subscription.ended) this.#end(outlet);
  }
}

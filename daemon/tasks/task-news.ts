import type { TaskChange } from './task-watch.js';

/** A change as clients are told of it. */
export function newsOf({ task: { id, state, result, error, bot }, from }: TaskChange) {
  return {
    ...{ task_id: id, state },
    ...(from === null ? {} : { from }),
    ...(result === null ? {} : { result_id: result }),
    ...(error === null ? {} : { error }),
    ...(bot === null ? {} : { bot }),
  };
}

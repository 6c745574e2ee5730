import { SherinError } from '../../common/errors.js';
import type { NotificationParams } from '../../daemon/protocol/daemon.js';
import type { Session } from '../session.js';
import { withDaemon } from './daemon.js';

export type TaskNews = NotificationParams<'task'>;

export interface Watched {
  /** Only this one. */
  readonly id: string | undefined;
  readonly all: boolean;
}

/**
 * Tells of tasks as they change: of one from its present state to its end, else until sherind closes the connection.
 * @returns how the one ended
 * @throws SherinError as {@link withDaemon}; INTERRUPTED when sherind ends or finds this client too slow
 */
export async function watchTasks(
  session: Session,
  { id, all }: Watched,
  tell: (news: TaskNews) => void,
): Promise<TaskNews['state']> {
  let end: (state: TaskNews['state']) => void = () => undefined;
  let fail: (error: Error) => void = () => undefined;
  const ended = new Promise<TaskNews['state']>((resolve, reject) => {
    end = resolve;
    fail = reject;
  });
  // It may fail before anybody waits for it.
  ended.catch(() => undefined);
  const heard = (news: TaskNews): void => {
    tell(news);
    if (id !== undefined && endStates.includes(news.state)) end(news.state);
  };
  return withDaemon(
    session,
    async (client) => {
      await client.call('task.watch', {
        of: all ? 'all' : 'own',
        ...(id === undefined ? {} : { task_id: id }),
      });
      if (id !== undefined) heard(newsOf(await client.call('task.get', { task_id: id })));
      void client.closed.then(() => fail(missed('sherind has ended')));
      return ended;
    },
    {
      notified: ({ method, params }) => {
        if (method === 'task') heard(params);
        if (method === 'event.end') fail(missed('changes came faster than they were read'));
      },
    },
  );
}

const endStates: readonly TaskNews['state'][] = ['done', 'failed', 'blocked', 'cancelled'];

function missed(what: string): SherinError {
  return new SherinError('INTERRUPTED', { what });
}

function newsOf({ task_id, state, result_id, error, bot }: TaskNews): TaskNews {
  return {
    ...{ task_id, state },
    ...(result_id === undefined ? {} : { result_id }),
    ...(error === undefined ? {} : { error }),
    ...(bot === undefined ? {} : { bot }),
  };
}

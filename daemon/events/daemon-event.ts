import type { FsEvent } from '../protocol/events.js';
import type { BotEvent, EmotionEvent, PolicyNews, TaskEvent } from '../protocol/methods/event.js';

/** What subscribers are told of, with what decides who may hear it. */
export type DaemonEvent =
  | Exclude<FsEvent, { kind: 'mount' }>
  | { readonly kind: 'task'; readonly owner: number; readonly news: Omit<TaskEvent, 'kind'> }
  | BotEvent
  | PolicyNews
  | EmotionEvent;

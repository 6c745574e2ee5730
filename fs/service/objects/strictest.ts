import type { PolicyTag } from '../../manifest/records.js';

/** What holds where several paths lead to the same. */
export function strictest(tags: readonly PolicyTag[]): PolicyTag {
  if (tags.includes('system')) return 'system';
  return tags.includes('admin') ? 'admin' : 'user';
}

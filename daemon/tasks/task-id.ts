import { randomFillSync } from 'node:crypto';
import { base32Decode, base32Encode } from '../../common/base32.js';

declare const brand: unique symbol;

/**
 * `t_` and 26 characters of lower-case base32: 16 bytes, of which the first 6 are the time in milliseconds since 1970 (as in a UUID of version 7, RFC
 * 9562) and 10 are random. What is stored together stands together in an index by ID. Not the request's Sherin ID, which many tasks may share, and no
 * counter: that would tell everybody how much work others have, and begin anew with a new database while audit records still name the old tasks.
 */
export type TaskId = string & { readonly [brand]: 'TaskId' };

const bytes = 16;
const timeBytes = 6;

/** Random bytes of IDs to come: the generator is asked once for many. */
const pool = Buffer.alloc(128 * bytes);
let used = pool.length;

export function newTaskId(): TaskId {
  if (used === pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  pool.writeUIntBE(Date.now(), used, timeBytes);
  used += bytes;
  return taskIdOf(pool.subarray(used - bytes, used));
}

/** @param id 16 bytes */
export function taskIdOf(id: Uint8Array): TaskId {
  return `t_${base32Encode(id)}` as TaskId;
}

/** The 16 bytes of an ID. */
export function bytesOfTaskId(id: TaskId): Buffer {
  return Buffer.from(base32Decode(id.slice(2)) ?? []);
}

/** The text as a task ID; undefined when it is none. */
export function asTaskId(text: string): TaskId | undefined {
  const digits = text.slice(2);
  const whole = text.startsWith('t_') && digits.length === 26 && base32Decode(digits) !== undefined;
  return whole ? (text as TaskId) : undefined;
}

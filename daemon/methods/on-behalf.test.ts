import { expect, it } from 'vitest';
import { callerSchema, mostGroups } from '../protocol/objects.js';
import type { Caller } from '../socket/caller.js';
import { onBehalf } from './on-behalf.js';

const of = (groups: number): Pick<Caller, 'peer'> => ({
  peer: { uid: 1000, gid: 1000, groups: Array.from({ length: groups }, (_, gid) => gid), pid: 7 },
});

it('names nobody whom sherin-fs would not take: a message has what others ask in it, too', () => {
  expect(callerSchema.safeParse(onBehalf(of(mostGroups))).success).toBe(true);
  expect(() => onBehalf(of(mostGroups + 1))).toThrowError(expect.objectContaining({ code: 'USAGE' }));
});

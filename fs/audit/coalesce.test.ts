import { afterEach, beforeEach, expect, test } from 'vitest';
import { CoalescedAudit } from './coalesce.js';
import { event, type LogFixture, logFixture } from './log.fixture.js';
import { AuditLog } from './log.js';

let fixture: LogFixture;
let log: AuditLog;
beforeEach(async () => {
  fixture = await logFixture();
  log = await AuditLog.open(fixture);
});
afterEach(async () => {
  await log.close();
  await fixture.remove();
});

const denied = (uid: number, id: string | null = null) => ({
  ...event(0),
  event: 'AUDIT_DENIED',
  id,
  actor: { uid, pid: 1, exe: 'cat' },
  meta: {},
});

test('a thousand equal refusals are two records', async () => {
  const audit = new CoalescedAudit(log, { window: 3_600_000 });
  for (let n = 0; n < 1000; n++) await audit.append(denied(1000));
  await audit.append(denied(1001));
  expect(log.head().size).toBe(2);
  await audit.close();
  expect((await log.tail(10)).map(({ actor, meta }) => [actor.uid, meta.repeats])).toEqual([
    [1000, undefined],
    [1001, undefined],
    [1000, 999],
  ]);
});

test('repeats are written when the window ends', async () => {
  const audit = new CoalescedAudit(log, { window: 20 });
  // In one turn, so in one window, however slow the disk is.
  await Promise.all([audit.append(denied(1)), audit.append(denied(1))]);
  await expect.poll(() => log.head().size, { timeout: 10_000 }).toBe(2);
  await audit.append(denied(1));
  expect(log.head().size).toBe(3);
  await audit.close();
});

test('many different refusals share one count', async () => {
  const audit = new CoalescedAudit(log, { window: 3_600_000, most: 10 });
  for (let n = 0; n < 500; n++)
    await audit.append(denied(n, `FILES_20260101_${String(n).padStart(32, '0')}`));
  expect(log.head().size).toBe(11);
  await audit.close();
  expect((await log.tail(1))[0]).toMatchObject({ id: null, actor: { uid: null }, meta: { repeats: 489 } });
});

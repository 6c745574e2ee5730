/** A1: records that the audit log takes in a second, each durable before its caller goes on; with the addon's keys, as in sherin-fs. */
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AuditEvent } from '../../fs/audit/event.js';
import { AuditLog } from '../../fs/audit/log.js';
import { Keyring, system } from '../../native/index.js';
import { inTurn, seconds } from '../measure.js';
import type { Part } from './part.js';

const records = 50_000;
/** Callers that each wait for their record before they make the next. */
const callers = [1, 64, 1024];

const opened: AuditEvent = {
  event: 'AUDIT_OPEN',
  id: 'FILES_20260101_0123456789abcdef0123456789abcdef',
  actor: { uid: 1000, pid: 4242, exe: 'cat' },
  meta: {},
};

export const audit: Part = async ({ rounds, say }) => {
  const rows = [];
  for (const count of callers) {
    say(`audit log, ${count} callers`);
    const samples = await inTurn(rounds, [{ name: 'sherin' }], () => appended(count));
    rows.push({
      id: 'A1',
      work: `audit appends, durable in groups, ${count.toLocaleString('en-US')} ${count === 1 ? 'caller' : 'callers'}`,
      place: 'disk',
      unit: 'records/s',
      better: 'more' as const,
      samples,
    });
  }
  return rows;
};

async function appended(count: number): Promise<number> {
  const directory = mkdtempSync(join(process.env.SHERIN_BENCH_DIR ?? tmpdir(), 'sherin-bench-'));
  const uuid = randomBytes(16);
  const keyring = Keyring.generate(uuid);
  // One caller waits for the disk each time: as many as take a second or so.
  const total = Math.min(records, count * 1000);
  try {
    const log = await AuditLog.open({
      dir: join(directory, 'audit'),
      uuid,
      publicKey: keyring.publicKey(),
      mac: (data) => keyring.hmac('audit', data),
      chain: (parts, ts, end) => keyring.chainRecords(parts, ts, end),
      sign: (message) => keyring.sign(message),
      write: system.writeDurably,
      expect: null,
    });
    const caller = async (): Promise<void> => {
      for (let left = Math.floor(total / count); left > 0; left--) await log.append(opened);
    };
    const taken = await seconds(async () => {
      await Promise.all(Array.from({ length: count }, caller));
    });
    const { size } = log.head();
    await log.close();
    return size / taken;
  } finally {
    keyring.wipe();
    rmSync(directory, { recursive: true });
  }
}

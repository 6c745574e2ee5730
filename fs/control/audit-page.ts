/** Records of the audit log as they may travel over sherind's socket. */
import { shortNameSchema } from '../../common/short-name.js';
import { auditPage, longestTold, type ToldRecord } from '../../daemon/protocol/methods/audit.js';
import type { Records } from '../service/session/records.js';

type RecordLine = Awaited<ReturnType<Records['tail']>>[number];
type ToldMeta = ToldRecord['meta'];

/** @param records that follow each other, the oldest first; @param mine which of them may be told */
export function auditPageOf(
  records: readonly RecordLine[],
  mine: (record: RecordLine) => boolean,
  most: number,
): { readonly records: ToldRecord[]; readonly next: number | null } {
  const told: ToldRecord[] = [];
  let bytes = 0;
  let next = 0;
  for (const record of records.toReversed()) {
    if (mine(record)) {
      const one = toldRecord(record);
      bytes += JSON.stringify(one).length + 1;
      if (told.length === most || bytes > auditPage.bytes) {
        next = record.seq + 1;
        break;
      }
      told.push(one);
    }
    next = record.seq;
  }
  return { records: told, next: next === 0 ? null : next };
}

/** Without what is no short name or number, and without so much that it gets too long. */
export function toldRecord({ seq, ts, event, id, actor, meta }: RecordLine): ToldRecord {
  const who = { uid: actor.uid, pid: actor.pid, exe: short(actor.exe) };
  const bare = { seq, ts: Date.parse(ts), event, id: short(id), ...who, meta: {}, whole: true };
  const told: [string, ToldMeta[string]][] = [];
  let bytes = JSON.stringify(bare).length + 1;
  for (const [name, value] of Object.entries(meta)) {
    if (Array.isArray(value)) continue;
    if (typeof value === 'string' && short(value) === null) continue;
    bytes += JSON.stringify({ [name]: value }).length;
    if (bytes > longestTold) break;
    told.push([name, value as ToldMeta[string]]);
  }
  const whole = bare.id === id && who.exe === actor.exe && told.length === Object.keys(meta).length;
  return { ...bare, meta: Object.fromEntries(told), whole };
}

function short(text: string | null): string | null {
  return shortNameSchema.safeParse(text).success ? text : null;
}

import { expect, it } from 'vitest';
import { lineLimit } from '../../daemon/protocol/lines.js';
import { auditPage, auditTail } from '../../daemon/protocol/methods/audit.js';
import { auditPageOf, toldRecord } from './audit-page.js';

type RecordLine = Parameters<typeof toldRecord>[0];

function record(seq: number, members: Partial<RecordLine> = {}): RecordLine {
  return {
    ...{ v: 1, seq, ts: '2026-01-02T03:04:05.678Z', event: 'AUDIT_OPEN', id: null, prev: '', mac: '' },
    ...{ actor: { uid: seq % 2, pid: 7, exe: 'cat' }, meta: {} },
    ...members,
  };
}
const all = () => true;
const log = (records: number, members: Partial<RecordLine> = {}) =>
  Array.from({ length: records }, (_, seq) => record(seq, members));

it('short names and numbers are told, the rest is left out, and that this is so', () => {
  const meta = { reason: 'root', n: 3, yes: true, none: null };
  expect(toldRecord(record(4, { meta }))).toEqual({
    ...{ seq: 4, ts: 1_767_323_045_678, event: 'AUDIT_OPEN', id: null, uid: 0, pid: 7, exe: 'cat', meta },
    whole: true,
  });
  const long = [
    { meta: { text: 'two words', n: 3 } },
    { meta: { ranges: [[0, 65536]], n: 3 } },
    { actor: { uid: 0, pid: 7, exe: 'a name of two words' }, meta: { n: 3 } },
    { actor: { uid: 0, pid: 7, exe: 'x'.repeat(65) }, meta: { n: 3 } },
    { id: 'no id/', meta: { n: 3 } },
  ];
  for (const members of long)
    expect(toldRecord(record(4, members))).toMatchObject({ whole: false, meta: { n: 3 } });
});

it('the longest records fit a line, at least one of them', () => {
  const name = 'n'.repeat(64);
  const entries = Array.from({ length: 40 }, (_, n) => [`a${String(n).padStart(31, '0')}`, name] as const);
  const longest = {
    ...{ event: `AUDIT_${'X'.repeat(58)}`, id: name, meta: Object.fromEntries(entries) },
    actor: { uid: 0xffff_ffff, pid: 0xffff_ffff, exe: name },
  };
  const page = auditPageOf(log(20, longest), all, auditPage.records);
  expect(page.records.length).toBeGreaterThan(0);
  const result = auditTail.result.parse({ ...page, next: Number.MAX_SAFE_INTEGER });
  const line = JSON.stringify({ jsonrpc: '2.0', id: name, result });
  expect(line.length).toBeLessThan(lineLimit);
  expect(page.records.every(({ whole }) => !whole)).toBe(true);
});

it('pages have each record once, the newest first, whatever is passed over', () => {
  const records = log(100, { meta: { text: 'n'.repeat(60) } });
  for (const [mine, expected] of [
    [all, 100],
    [({ actor }: RecordLine) => actor.uid === 1, 50],
    [() => false, 0],
  ] as const) {
    const seqs: number[] = [];
    let end: number | null = records.length;
    while (end !== null) {
      const looked = records.slice(Math.max(0, end - 30), end);
      const page: ReturnType<typeof auditPageOf> = auditPageOf(looked, mine, 7);
      seqs.push(...page.records.map(({ seq }) => seq));
      end = page.next;
    }
    expect(seqs).toHaveLength(expected);
    expect(seqs).toEqual([...new Set(seqs)].sort((a, b) => b - a));
  }
});

/** Proofs of records, checked with the reference's Merkle trees; paging backwards through a log of several segments. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { verifier } from '../../common/signature.js';
import { leafHash, rootFromPath } from '../../test/reference/merkle.js';
import { editLines, event, type LogFixture, logFixture, segmentFiles } from './log.fixture.js';
import { AuditLog } from './log.js';
import { headMessage } from './signed-head.js';

let fixture: LogFixture;
let log: AuditLog;

beforeEach(async () => {
  fixture = await logFixture(8_000);
  log = await AuditLog.open(fixture);
});
afterEach(async () => {
  await log.close();
  await fixture.remove();
});

/** Groups of one to four records, over segments of some 20. */
async function fill(records: number): Promise<void> {
  for (let n = 0; n < records; n += (n % 4) + 1)
    await Promise.all(
      Array.from({ length: Math.min((n % 4) + 1, records - n) }, (_, i) => log.append(event(n + i))),
    );
}

/** The lines of records as they stand in the files. */
async function recordLines(): Promise<Buffer[]> {
  const files = await segmentFiles(fixture.dir);
  const texts = await Promise.all(files.map((name) => readFile(join(fixture.dir, name), 'utf8')));
  const lines = texts.join('').split('\n');
  return lines.filter((line) => line.startsWith('{"actor"')).map((line) => Buffer.from(line));
}

it('of every record leads to the signed head, at any size of the log', async () => {
  for (let round = 0; round < 4; round++) {
    await fill(30 + round);
    const lines = await recordLines();
    const { size } = log.head();
    expect(lines.length).toBe(size);
    for (const [seq, line] of lines.entries()) {
      const { leaf, path, head } = await log.prove(seq);
      expect(leaf).toEqual(Buffer.from(leafHash(line)));
      const root = rootFromPath(leaf, seq, head.size, path);
      expect(Buffer.from(root ?? []).toString('base64')).toBe(head.root);
    }
  }
  expect((await segmentFiles(fixture.dir)).length).toBeGreaterThan(4);
});

it('has a head that is signed, also where there are no records, or only those of segments before', async () => {
  const verify = verifier(fixture.publicKey);
  for (const records of [0, 1, 40]) {
    await fill(records);
    const { size, root, time, signature } = await log.signedHead();
    expect({ size, root }).toEqual({ size: log.head().size, root: log.head().root.toString('base64') });
    const message = headMessage(fixture.uuid, size, Buffer.from(root, 'base64'), BigInt(time));
    expect(verify(message, Buffer.from(signature, 'base64'))).toBe(true);
  }
});

it('there is none of a record that is not there', async () => {
  await fill(5);
  await expect(log.prove(5)).rejects.toMatchObject({ code: 'RECORD_UNKNOWN' });
});

it('of a record that was changed, or that others after it were, there is none', async () => {
  await fill(80);
  let changed = -1;
  await editLines(join(fixture.dir, '00000002.jsonl'), (lines) => {
    const at = lines.findIndex((line) => line.startsWith('{"actor"'));
    const line = lines[at] ?? '';
    changed = (JSON.parse(line) as { seq: number }).seq;
    return lines.with(at, line.replace('"uid":1000', '"uid":1001'));
  });
  expect(changed).toBeGreaterThan(1);
  for (const seq of [0, changed, changed + 1])
    await expect(log.prove(seq), `record ${seq}`).rejects.toMatchObject({ code: 'AUDIT_BROKEN' });
  // What stands before its segment is in the signed checkpoint.
  await expect(log.prove(79)).resolves.toMatchObject({ seq: 79 });
});

it('pages of records before any of them are those records', async () => {
  await fill(70);
  const { size } = log.head();
  for (let seq = 0; seq <= size; seq++) {
    const page = await log.before(seq, 9);
    const first = Math.max(0, seq - 9);
    expect(page.map((record) => record.seq)).toEqual(
      Array.from({ length: seq - first }, (_, n) => first + n),
    );
  }
  expect(await log.before(size + 1000, 2)).toHaveLength(2);
});

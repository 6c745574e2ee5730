import { execFileSync } from 'node:child_process';
import {
  appendFile,
  cp,
  mkdir,
  readdir,
  readFile,
  readlink,
  rm,
  stat,
  truncate,
  writeFile,
} from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { jcs } from '../../common/jcs.js';
import { editLines, event, type LogFixture, logFixture, segmentFiles } from './log.fixture.js';
import { AuditLog } from './log.js';
import { PendingAudit } from './pending.js';
import { verifyAudit } from './verify.js';

let fixture: LogFixture;
beforeEach(async () => {
  fixture = await logFixture(20_000);
});
afterEach(() => fixture.remove());

async function fill(groups: number, size: number): Promise<{ size: number; root: Buffer }> {
  const log = await AuditLog.open(fixture);
  for (let group = 0; group < groups; group++)
    await Promise.all(Array.from({ length: size }, (_, n) => log.append(event(group * size + n))));
  const head = log.head();
  await log.close();
  return head;
}

describe('an audit log', () => {
  test('keeps records in order over segments and reopenings', async () => {
    const first = await fill(30, 5);
    const second = await fill(30, 5);
    expect(first.size).toBe(150);
    expect(second.size).toBe(300);
    expect((await segmentFiles(fixture.dir)).length).toBeGreaterThan(3);
    const log = await AuditLog.open({ ...fixture, expect: first });
    const tail = await log.tail(120);
    expect(tail.map(({ seq }) => seq)).toEqual(Array.from({ length: 120 }, (_, n) => 180 + n));
    expect(tail.at(-1)?.actor.exe).toBe('cat');
    await log.close();
    const report = await verifyAudit({ ...fixture, expect: second });
    expect(report).toMatchObject({ records: 300, size: 300, unauthenticated: 0, torn: 0 });
    expect(report.root).toEqual(second.root);
  });

  test('takes several in their order; one that fits no record keeps none of the others away', async () => {
    const log = await AuditLog.open(fixture);
    const events = Array.from({ length: 1_100 }, (_, n) => event(n));
    await log.appendAll(events, { patient: true });
    await log.appendAll([]);
    const wrong = { ...event(0), event: 'no name' };
    const taken = log.appendAll([event(1_100), wrong, event(1_101)]);
    await expect(taken).rejects.toMatchObject({ code: 'AUDIT_UNWRITABLE' });
    await log.append(event(1_102));
    const tail = await log.tail(2_000);
    expect(tail.map(({ meta }) => meta.n)).toEqual(Array.from({ length: 1_103 }, (_, n) => n));
    await log.close();
  });

  test('writes canonical lines of private files', async () => {
    await fill(2, 2);
    const path = join(fixture.dir, '00000001.jsonl');
    const lines = (await readFile(path, 'utf8')).split('\n').slice(0, -1);
    expect(lines).toHaveLength(7);
    for (const line of lines) expect(jcs(JSON.parse(line))).toBe(line);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect((await stat(fixture.dir)).mode & 0o777).toBe(0o700);
  });

  test('commits what is appended together as one group', async () => {
    const log = await AuditLog.open(fixture);
    await Promise.all(Array.from({ length: 500 }, (_, n) => log.append(event(n))));
    expect(log.head().size).toBe(500);
    await log.close();
    expect((await verifyAudit(fixture)).heads).toBeLessThan(4);
  });

  test('refuses events that do not fit a record', async () => {
    const log = await AuditLog.open(fixture);
    const refused = { code: 'AUDIT_UNWRITABLE' };
    await expect(log.append({ ...event(1), event: 'read' })).rejects.toMatchObject(refused);
    await expect(log.append({ ...event(1), meta: { text: 'x'.repeat(4096) } })).rejects.toMatchObject(
      refused,
    );
    await expect(log.append({ ...event(1), meta: { unauthenticated: true } })).rejects.toMatchObject(refused);
    await expect(log.append({ ...event(1), meta: { text: '\ud800' } })).rejects.toMatchObject(refused);
    await expect(log.append({ ...event(1), meta: { n: Number.NaN } })).rejects.toMatchObject(refused);
    await log.append({ ...event(1), actor: { uid: 0, pid: 1, exe: `/x/${'é'.repeat(400)}\ud800` } });
    await log.close();
    await expect(log.append(event(1))).rejects.toMatchObject(refused);
    expect((await verifyAudit(fixture)).records).toBe(1);
  });

  test('leaves nothing open when its reserve can not be made, and says why in its own terms', async () => {
    await fill(1, 1);
    const reserve = join(fixture.dir, 'reserve');
    await rm(reserve);
    await mkdir(reserve);
    // Nobody can put a file into the place of a mount point.
    execFileSync('mount', ['-t', 'tmpfs', 'tmpfs', reserve]);
    try {
      await expect(AuditLog.open(fixture)).rejects.toMatchObject({ code: 'AUDIT_UNWRITABLE' });
      const links = (await readdir('/proc/self/fd')).map((fd) =>
        readlink(`/proc/self/fd/${fd}`).catch(() => ''),
      );
      expect((await Promise.all(links)).filter((path) => path.startsWith(fixture.dir))).toEqual([]);
    } finally {
      execFileSync('umount', [reserve]);
    }
  });

  test('ends before the head that the manifest names: a rollback', async () => {
    const copy = `${fixture.dir}.old`;
    await fill(3, 3);
    await cp(fixture.dir, copy, { recursive: true });
    const head = await fill(3, 3);
    await rm(fixture.dir, { recursive: true });
    await expect(AuditLog.open({ ...fixture, expect: head })).rejects.toMatchObject({ code: 'ROLLBACK' });
    await expect(AuditLog.open({ ...fixture, dir: copy, expect: head })).rejects.toMatchObject({
      code: 'ROLLBACK',
    });
    const other = { size: 4, root: Buffer.alloc(32, 1) };
    await expect(AuditLog.open({ ...fixture, dir: copy, expect: other })).rejects.toMatchObject({
      code: 'AUDIT_BROKEN',
    });
  });
});

describe('a changed audit log', () => {
  const verdicts = async (): Promise<string[]> => {
    const codes: string[] = [];
    const code = (error: unknown): string => (error as { code: string }).code;
    await verifyAudit(fixture).then(
      () => codes.push('good'),
      (error) => codes.push(code(error)),
    );
    const { mac: _, ...keyless } = fixture;
    await verifyAudit(keyless).then(
      () => codes.push('good'),
      (error) => codes.push(code(error)),
    );
    return codes;
  };
  const both = ['AUDIT_BROKEN', 'AUDIT_BROKEN'];

  const edits: [string, (lines: string[]) => string[]][] = [
    ['an edited record', (lines) => lines.with(5, (lines[5] ?? '').replace('"uid":1000', '"uid":1001'))],
    ['a removed record', (lines) => lines.toSpliced(5, 1)],
    ['a doubled record', (lines) => lines.toSpliced(5, 0, lines[5] ?? '')],
    ['two records in another order', (lines) => lines.with(5, lines[6] ?? '').with(6, lines[5] ?? '')],
    ['a removed head', (lines) => lines.toSpliced(1, lines.length - 1)],
    ['a record in other JSON', (lines) => lines.with(5, (lines[5] ?? '').replace('{"actor"', '{ "actor"'))],
    ['a cut start', (lines) => lines.slice(3)],
    ['a line too long', (lines) => lines.toSpliced(5, 0, 'x'.repeat(10_000))],
    ['a head of another time', (lines) => lines.map((line) => line.replace(/"time":"\d/, '"time":"2'))],
  ];
  for (const [name, edit] of edits) {
    test(`shows ${name}`, async () => {
      await fill(40, 5);
      await editLines(join(fixture.dir, '00000002.jsonl'), edit);
      expect(await verdicts()).toEqual(both);
    });
  }

  test('is refused at open when its last segment was edited', async () => {
    const head = await fill(2, 5);
    for (const [name, edit] of edits.slice(0, 7)) {
      const dir = `${fixture.dir}-${name.replaceAll(' ', '-')}`;
      await cp(fixture.dir, dir, { recursive: true });
      await editLines(join(dir, '00000001.jsonl'), edit);
      await expect(AuditLog.open({ ...fixture, dir, expect: head }), name).rejects.toMatchObject({
        code: name === 'a removed head' ? 'ROLLBACK' : 'AUDIT_BROKEN',
      });
    }
  });

  test('shows a missing, swapped or foreign segment', async () => {
    await fill(40, 5);
    const path = (n: number): string => join(fixture.dir, `0000000${n}.jsonl`);
    const [two, three] = [await readFile(path(2)), await readFile(path(3))];
    await rm(path(2));
    expect(await verdicts()).toEqual(both);
    await expect(AuditLog.open(fixture)).rejects.toMatchObject({ code: 'AUDIT_BROKEN' });
    await writeFile(path(2), three);
    await writeFile(path(3), two);
    expect(await verdicts()).toEqual(both);
    await writeFile(path(2), two);
    await writeFile(path(3), three);
    expect(await verdicts()).toEqual(['good', 'good']);
    const other = await logFixture(20_000);
    const log = await AuditLog.open(other);
    await Promise.all(Array.from({ length: 200 }, (_, n) => log.append(event(n))));
    await log.close();
    await cp(join(other.dir, '00000001.jsonl'), path(1));
    await other.remove();
    expect(await verdicts()).toEqual(both);
  });

  test('is refused when a record that the signature of a later head covers was rewritten with a right MAC', async () => {
    await fill(2, 5);
    // whoever has K_audit but not K_sign
    await editLines(join(fixture.dir, '00000001.jsonl'), (lines) => {
      const { mac: _, ...record } = JSON.parse(lines[1] ?? '') as Record<string, unknown>;
      record.ts = '2020-01-01T00:00:00.000Z';
      const mac = fixture.mac(Buffer.from(jcs(record))).toString('base64');
      return lines.with(1, jcs({ ...record, mac }));
    });
    expect(await verdicts()).toEqual(both);
    await expect(AuditLog.open(fixture)).rejects.toMatchObject({ code: 'AUDIT_BROKEN' });
  });
});

describe('a torn end', () => {
  const last = (): string => join(fixture.dir, '00000001.jsonl');

  test('is cut off wherever the last write stopped, and recorded', async () => {
    const before = await fill(1, 3);
    const { size: durable } = await stat(last());
    await fill(1, 3);
    const { size: whole } = await stat(last());
    const bytes = await readFile(last());
    for (let cut = durable + 1; cut < whole; cut += 37) {
      await writeFile(last(), bytes.subarray(0, cut));
      const log = await AuditLog.open({ ...fixture, expect: before });
      const [torn] = await log.tail(1);
      expect(torn?.event).toBe('AUDIT_LOG_TORN');
      expect(log.head().size).toBe(before.size + Number(torn?.meta.kept) + 1);
      await log.close();
      await verifyAudit({ ...fixture, expect: before });
    }
  });

  test('may have holes, but only in the last group', async () => {
    const before = await fill(2, 3);
    const { size: durable } = await stat(last());
    await fill(1, 3);
    const bytes = await readFile(last());
    await writeFile(last(), Buffer.from(bytes).fill(0, durable + 100, durable + 700));
    const log = await AuditLog.open({ ...fixture, expect: before });
    expect((await log.tail(1))[0]?.event).toBe('AUDIT_LOG_TORN');
    await log.close();
    await writeFile(last(), Buffer.from(bytes).fill(0, 1500, 1600));
    await expect(AuditLog.open(fixture)).rejects.toMatchObject({ code: 'AUDIT_BROKEN' });
  });

  test('does not excuse a false record after the last head', async () => {
    await fill(1, 3);
    const record = (await readFile(last(), 'utf8')).split('\n')[1] ?? '';
    await appendFile(last(), `${record.replace('"seq":0', '"seq":3')}\n`);
    await expect(AuditLog.open(fixture)).rejects.toMatchObject({ code: 'AUDIT_BROKEN' });
    await truncate(last(), 0);
    await expect(AuditLog.open(fixture)).rejects.toMatchObject({ code: 'AUDIT_BROKEN' });
  });
});

describe('records made while locked', () => {
  test('are taken in once, marked as unauthenticated', async () => {
    await fill(1, 2);
    const pending = new PendingAudit(fixture.dir);
    await Promise.all([event(1), event(2), event(3)].map((one) => pending.append(one)));
    const path = join(fixture.dir, 'pending.jsonl');
    await appendFile(path, 'nonsense\n{"event":"AUDIT_X"}\n');
    const file = await readFile(path);
    let log = await AuditLog.open(fixture);
    expect(log.head().size).toBe(6);
    const tail = await log.tail(4);
    expect(tail.slice(0, 3).every(({ meta }) => meta.unauthenticated === true)).toBe(true);
    expect(tail.at(-1)).toMatchObject({ event: 'AUDIT_PENDING_TAKEN', meta: { records: 3, malformed: 2 } });
    await log.close();
    await expect(stat(path)).rejects.toMatchObject({ code: 'ENOENT' });
    // a crash between taking in and removing
    await writeFile(path, file);
    log = await AuditLog.open(fixture);
    expect(log.head().size).toBe(6);
    await log.close();
    expect((await verifyAudit(fixture)).unauthenticated).toBe(3);
  });

  test('are bounded', async () => {
    const pending = new PendingAudit(fixture.dir);
    await pending.append(event(1));
    await writeFile(join(fixture.dir, 'pending.jsonl'), Buffer.alloc(1024 * 1024, 'a\n'));
    await expect(pending.append(event(2))).rejects.toMatchObject({ code: 'AUDIT_UNWRITABLE' });
    const log = await AuditLog.open(fixture);
    expect((await log.tail(1))[0]?.meta).toMatchObject({ records: 0, malformed: 524_288 });
    await log.close();
  });
});

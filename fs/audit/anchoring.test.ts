/** Heads that are given away: to files and programs as they are, and to what hangs or fails. */
import { chmodSync, closeSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { commandTarget, fileTarget, type KeepLine } from './anchor-target.js';
import { Anchoring } from './anchoring.js';
import { Anchors } from './anchors.js';
import { event, type LogFixture, logFixture } from './log.fixture.js';
import { AuditLog } from './log.js';
import { verifyAudit } from './verify.js';

let fixture: LogFixture;
let place: string;
let log: AuditLog | null = null;
let anchoring: Anchoring;

beforeEach(async () => {
  fixture = await logFixture();
  place = join(dirname(fixture.dir), 'elsewhere');
  mkdirSync(place);
});
afterEach(async () => {
  await log?.close();
  log = null;
  await fixture.remove();
});

async function openLog(keep: KeepLine, every = { good: 20, failed: 20, patience: 200 }): Promise<AuditLog> {
  anchoring = new Anchoring({
    ...{ uuid: fixture.uuid, keep, every },
    record: async (one) => log?.append(one),
  });
  log = await AuditLog.open({ ...fixture, heads: anchoring });
  return log;
}

async function until(what: () => boolean): Promise<void> {
  while (!what()) await setTimeout(5);
}

function linesOf(name: string): string[] {
  return readFileSync(join(place, name), 'utf8').split('\n').slice(0, -1);
}

async function verified(name: string) {
  const fd = openSync(join(place, name), 'r');
  try {
    const anchors = new Anchors(fd, fixture);
    await verifyAudit({ ...fixture, anchors });
    return { met: anchors.met, torn: anchors.torn };
  } finally {
    closeSync(fd);
  }
}

async function eventsOf(opened: AuditLog): Promise<string[]> {
  return (await opened.tail(1000)).map((record) => record.event).filter((name) => name.includes('ANCHOR'));
}

test('heads are appended to a file, fewer than there are groups, the last one at the end; the log contains them', async () => {
  const opened = await openLog(fileTarget(join(place, 'anchors')), { good: 30, failed: 30, patience: 5_000 });
  for (let n = 0; n < 200; n++) await opened.append(event(n));
  await opened.close();
  const lines = linesOf('anchors');
  expect(lines.length).toBeGreaterThan(0);
  expect(lines.length).toBeLessThan(200);
  expect(JSON.parse(lines.at(-1) ?? '')).toMatchObject({ kind: 'audit-head', head: { size: 200 } });
  expect(await verified('anchors')).toEqual({ met: lines.length, torn: 0 });
});

test('a line that a crash has cut stays alone', async () => {
  writeFileSync(join(place, 'anchors'), '{"head":{"ro');
  const opened = await openLog(fileTarget(join(place, 'anchors')));
  await opened.append(event(1));
  await opened.close();
  expect(await verified('anchors')).toEqual({ met: 1, torn: 1 });
});

test('what hangs holds up neither appends nor the end of the log, and is told', async () => {
  let begun = 0;
  const opened = await openLog(() => {
    begun += 1;
    return new Promise(() => undefined);
  });
  for (let n = 0; n < 50; n++) await opened.append(event(n));
  await until(() => anchoring.state.failing !== null);
  expect(anchoring.state).toEqual({ size: 0, failing: 'it does not answer' });
  await opened.append(event(50));
  expect(await eventsOf(opened)).toEqual(['AUDIT_ANCHOR_FAILED']);
  await opened.close();
  // Nothing piles up behind it.
  expect(begun).toBe(1);
});

test('what hung at the end of the log is not gone on with: a head that comes late would stand behind newer ones', async () => {
  let begun = 0;
  let answer: () => void = () => undefined;
  const answered = new Promise<void>((resolve) => {
    answer = resolve;
  });
  const opened = await openLog(() => {
    begun += 1;
    return answered;
  });
  await opened.append(event(1));
  await until(() => begun === 1);
  await opened.append(event(2));
  await opened.close();
  answer();
  await setTimeout(20);
  expect(begun).toBe(1);
});

test('a failure is told and recorded once, and so is its end, after which the newest head is kept', async () => {
  rmSync(place, { recursive: true });
  const opened = await openLog(fileTarget(join(place, 'anchors')));
  for (let n = 0; n < 20; n++) {
    await opened.append(event(n));
    await setTimeout(5);
  }
  await until(() => anchoring.state.failing !== null);
  expect(anchoring.state).toEqual({ size: 0, failing: 'ENOENT' });
  mkdirSync(place);
  await until(() => anchoring.state.failing === null);
  await until(() => linesOf('anchors').length > 1);
  await opened.append(event(20));
  expect(await eventsOf(opened)).toEqual(['AUDIT_ANCHOR_FAILED', 'AUDIT_ANCHOR_RESUMED']);
  await opened.close();
  expect((await verified('anchors')).met).toBe(linesOf('anchors').length);
});

test.each([
  ['a folder', (path: string) => mkdirSync(path), 'EISDIR'],
  ['a program that fails', (path: string) => writeFileSync(path, '#!/bin/sh\nexit 3\n'), 'it ended with 3'],
])('%s is told as what it is', async (_, make, reason) => {
  const path = join(place, 'target');
  make(path);
  chmodSync(path, 0o755);
  const opened = await openLog(reason === 'EISDIR' ? fileTarget(path) : commandTarget(path));
  await opened.append(event(1));
  await until(() => anchoring.state.failing !== null);
  expect(anchoring.state.failing).toBe(reason);
});

test('a path that is not absolute is none', async () => {
  await expect(fileTarget('anchors')('line')).rejects.toThrow('its path is not absolute');
  await expect(commandTarget('anchors')('line')).rejects.toThrow('its path is not absolute');
});

test('a program gets each head on its standard input, and nothing of the environment', async () => {
  const path = join(place, 'keeper');
  writeFileSync(path, `#!/bin/sh\ncat >> ${place}/anchors\nenv | cut -d= -f1 > ${place}/names\n`);
  chmodSync(path, 0o755);
  const opened = await openLog(commandTarget(path));
  await opened.append(event(1));
  await until(() => anchoring.state.size === 1);
  await opened.append(event(2));
  await until(() => anchoring.state.size === 2);
  await opened.close();
  expect(await verified('anchors')).toEqual({ met: 2, torn: 0 });
  expect(readFileSync(join(place, 'names'), 'utf8')).not.toContain('SHERIN');
});

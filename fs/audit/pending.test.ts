import { closeSync, mkdtempSync, openSync, readFileSync, rmdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { PendingAudit, readPending, removePending } from './pending.js';

it('what is appended while the log takes the records in is not lost', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'sherin-pending-'));
  const pending = new PendingAudit(dir);
  const event = (name: string) => ({ event: name, id: null, actor: { uid: 1, pid: 2, exe: 'x' }, meta: {} });
  try {
    await pending.append(event('AUDIT_ONE'));
    const taking = pending.exclusively(async () => {
      const taken = await readPending(dir);
      await sleep(50);
      await removePending(dir);
      return taken;
    });
    await pending.append(event('AUDIT_TWO'));
    expect((await taking)?.records).toHaveLength(1);
    expect(readFileSync(join(dir, 'pending.jsonl'), 'utf8')).toContain('AUDIT_TWO');
  } finally {
    rmSync(dir, { recursive: true });
  }
});

it('where the vault was removed while it was served, an append fails and does not go round for ever', async () => {
  const vault = mkdtempSync(join(tmpdir(), 'sherin-pending-'));
  const fd = openSync(vault, 'r');
  rmdirSync(vault);
  try {
    // As sherin-fs knows its vault: by a descriptor.
    const pending = new PendingAudit(`/proc/self/fd/${fd}/audit`);
    const event = { event: 'AUDIT_ONE', id: null, actor: { uid: 1, pid: 2, exe: 'x' }, meta: {} };
    await expect(pending.append(event)).rejects.toMatchObject({ code: 'AUDIT_UNWRITABLE' });
  } finally {
    closeSync(fd);
  }
});

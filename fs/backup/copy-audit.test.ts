/** The audit log of a backup, once the vault's old segments are archived. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { event, logFixture } from '../audit/log.fixture.js';
import { AuditLog } from '../audit/log.js';
import { verifyAudit } from '../audit/verify.js';
import { copyAudit } from './copy-audit.js';

test('verifies in an older backup, which keeps its own old segments, and in a new one', async () => {
  const fixture = await logFixture(5000);
  const [older, newer] = ['older', 'newer'].map((name) => join(fixture.dir, '..', name)) as [string, string];
  for (const place of [older, newer]) await mkdir(place);
  const log = await AuditLog.open(fixture);
  const append = (count: number) =>
    Promise.all(Array.from({ length: count }, (_, n) => log.append(event(n))));
  for (let group = 0; group < 8; group++) await append(5);
  await copyAudit(fixture.dir, older);
  for (let group = 0; group < 8; group++) await append(5);
  const found = await log.archivable({});
  if (found === null) throw new Error('nothing to archive');
  await log.giveUp(found, '/archive');
  await append(5);
  await log.close();
  for (const dir of [older, newer]) {
    await copyAudit(fixture.dir, dir);
    const { records, archived } = await verifyAudit({ ...fixture, dir });
    expect({ records, archived }).toMatchObject({ records: 85, archived: { records: 80 } });
  }
  await fixture.remove();
});
